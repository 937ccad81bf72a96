#include "tests/support/test.h"

#include <brotli/encode.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "crawler/worker/coding.h"

#define OUT_BYTES  (256 * 1024)
#define TEXT_BYTES 50000

static char text[TEXT_BYTES], out[OUT_BYTES];

/* Compressed by the libraries themselves, in each way a server may. */
struct sample {
	const char *name;
	enum coding_kind kind;
	char bytes[OUT_BYTES];
	size_t size;
};

static struct sample samples[6];

static size_t deflate_with(int window, char *bytes)
{
	z_stream zlib = { 0 };

	deflateInit2(&zlib, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
	zlib.next_in = (unsigned char *)text;
	zlib.avail_in = TEXT_BYTES;
	zlib.next_out = (unsigned char *)bytes;
	zlib.avail_out = OUT_BYTES;
	deflate(&zlib, Z_FINISH);
	deflateEnd(&zlib);
	return OUT_BYTES - zlib.avail_out;
}

static int make_samples(void **state)
{
	unsigned seed = 1;
	size_t size = OUT_BYTES;

	(void)state;
	for (size_t i = 0; i < TEXT_BYTES; i++) {
		seed = seed * 1103515245 + 12345;
		text[i] = (char)('a' + (seed >> 16) % 6);
	}
	samples[0] =
		(struct sample){ .name = "identity", .kind = CODING_IDENTITY, .size = TEXT_BYTES };
	memcpy(samples[0].bytes, text, TEXT_BYTES);
	samples[1] = (struct sample){ .name = "gzip", .kind = CODING_GZIP };
	samples[1].size = deflate_with(15 + 16, samples[1].bytes);
	samples[2] = (struct sample){ .name = "deflate", .kind = CODING_DEFLATE };
	samples[2].size = deflate_with(15, samples[2].bytes);
	samples[3] = (struct sample){ .name = "bare deflate", .kind = CODING_DEFLATE };
	samples[3].size = deflate_with(-15, samples[3].bytes);
	samples[4] = (struct sample){ .name = "br", .kind = CODING_BR };
	BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, TEXT_BYTES, (const uint8_t *)text, &size,
			      (uint8_t *)samples[4].bytes);
	samples[4].size = size;
	samples[5] = (struct sample){ .name = "zstd", .kind = CODING_ZSTD };
	samples[5].size = ZSTD_compress(samples[5].bytes, OUT_BYTES, text, TEXT_BYTES, 3);
	return 0;
}

#define EACH_SAMPLE(sample) \
	for (const struct sample *sample = samples; sample < samples + 6; sample++)

static void begin(struct coding *coding, enum coding_kind kind, size_t room)
{
	struct coding_layers layers = { kind != CODING_IDENTITY, { kind } };

	coding_begin(coding, &layers, out, room);
}

static enum coding_result decode(struct coding *coding, const struct sample *sample, size_t size,
				 size_t step, size_t room)
{
	enum coding_result result = CODING_FINE;

	begin(coding, sample->kind, room);
	for (size_t at = 0; at < size && result == CODING_FINE; at += step) {
		size_t part = size - at < step ? size - at : step;

		result = coding_write(coding, (struct slice){ sample->bytes + at, part });
	}
	return result;
}

static void every_coding_comes_out_as_it_went_in_however_it_is_cut(void **state)
{
	static const size_t steps[] = { 1, 7, 1000, OUT_BYTES };
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(decode(coding, sample, sample->size, steps[i], OUT_BYTES),
					 CODING_FINE);
			assert_int_equal(coding_size(coding), TEXT_BYTES);
			assert_memory_equal(out, text, TEXT_BYTES);
			assert_true(coding_is_whole(coding));
		}
	}
	coding_free(coding);
}

/* What libcurl takes for a whole page. */
static void compressed_data_that_was_cut_is_not_whole(void **state)
{
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		if (sample->kind == CODING_IDENTITY)
			continue;
		for (size_t size = 1; size < sample->size; size += 97) {
			assert_int_equal(decode(coding, sample, size, 4096, OUT_BYTES),
					 CODING_FINE);
			assert_false(coding_is_whole(coding));
		}
		assert_int_equal(decode(coding, sample, sample->size - 1, 4096, OUT_BYTES),
				 CODING_FINE);
		assert_false(coding_is_whole(coding));
	}
	coding_free(coding);
}

static void more_than_the_room_is_full_and_never_written(void **state)
{
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		memset(out, '#', OUT_BYTES);
		assert_int_equal(decode(coding, sample, sample->size, 4096, 1000), CODING_FULL);
		assert_true(coding_size(coding) <= 1000);
		assert_int_equal(out[1000], '#');
	}
	coding_free(coding);
}

static void a_body_of_exactly_the_room_and_one_more_fits(void **state)
{
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		assert_int_equal(decode(coding, sample, sample->size, 4096, TEXT_BYTES + 1),
				 CODING_FINE);
		assert_int_equal(coding_size(coding), TEXT_BYTES);
		assert_true(coding_is_whole(coding));
	}
	coding_free(coding);
}

static void broken_data_is_said_to_be_broken(void **state)
{
	static struct sample broken;
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		if (sample->kind == CODING_IDENTITY)
			continue;
		broken = *sample;
		memset(broken.bytes, 0xff, 40);
		assert_int_equal(decode(coding, &broken, broken.size, 4096, OUT_BYTES),
				 CODING_BROKEN);
	}
	coding_free(coding);
}

static void an_empty_body_is_whole_in_every_coding(void **state)
{
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		begin(coding, sample->kind, OUT_BYTES);
		assert_true(coding_is_whole(coding));
		assert_int_equal(coding_size(coding), 0);
	}
	coding_free(coding);
}

static void gzip_members_and_zstd_frames_follow_each_other(void **state)
{
	static struct sample doubled;
	static const size_t steps[] = { 1, 4096, OUT_BYTES };
	struct coding *coding = coding_new();

	(void)state;
	for (int i = 1; i < 6; i += 4) { /* gzip, zstd */
		doubled = samples[i];
		memcpy(doubled.bytes + doubled.size, samples[i].bytes, samples[i].size);
		doubled.size *= 2;
		for (size_t step = 0; step < 3; step++) {
			assert_int_equal(
				decode(coding, &doubled, doubled.size, steps[step], OUT_BYTES),
				CODING_FINE);
			assert_int_equal(coding_size(coding), 2 * TEXT_BYTES);
			assert_true(coding_is_whole(coding));
		}
		/* ... and the second may be cut. */
		assert_int_equal(decode(coding, &doubled, doubled.size - 3, 4096, OUT_BYTES),
				 CODING_FINE);
		assert_false(coding_is_whole(coding));
	}
	coding_free(coding);
}

/* RFC 8878 3.1.2: before, between and behind frames, however they are cut. */
static void frames_of_zstd_that_are_to_be_skipped_are(void **state)
{
	static const char skipped[] = "\x53*M\x18\x05\0\0\0(\xB5/\xFDx",
			  nothing[] = "P*M\x18\0\0\0";
	static struct sample mixed;
	struct coding *coding = coding_new();
	size_t end;

	(void)state;
	mixed = (struct sample){ .kind = CODING_ZSTD };
	for (int i = 0; i < 2; i++) {
		memcpy(mixed.bytes + mixed.size, skipped, sizeof(skipped) - 1);
		mixed.size += sizeof(skipped) - 1;
		memcpy(mixed.bytes + mixed.size, nothing, sizeof(nothing));
		mixed.size += sizeof(nothing);
		memcpy(mixed.bytes + mixed.size, samples[5].bytes, samples[5].size);
		mixed.size += samples[5].size;
	}
	end = mixed.size;
	memcpy(mixed.bytes + mixed.size, skipped, sizeof(skipped) - 1);
	mixed.size += sizeof(skipped) - 1;
	for (size_t step = 1; step < 40; step++) {
		assert_int_equal(decode(coding, &mixed, mixed.size, step, OUT_BYTES), CODING_FINE);
		assert_int_equal(coding_size(coding), 2 * TEXT_BYTES);
		assert_true(coding_is_whole(coding));
		assert_false(coding_is_over(coding)); /* another may follow */
	}
	assert_int_equal(decode(coding, &mixed, end + 6, 5, OUT_BYTES), CODING_FINE);
	assert_false(coding_is_whole(coding));
	coding_free(coding);
}

/* What may go on is not over: a bound on bytes would cut it, and call it whole. */
/* A header whose bytes behind the magic number look like a frame to be skipped, and a bad block. */
static void a_broken_frame_of_zstd_is_broken_however_it_is_cut(void **state)
{
	static const char body[] = "\x50*M\x18\x02\0\0\0xx"
				   "(\xB5/\xFD\x50*M\x18\x04\0\0\0xxxx";
	struct sample sample = { .kind = CODING_ZSTD, .size = sizeof(body) - 1 };
	struct coding *coding = coding_new();

	(void)state;
	memcpy(sample.bytes, body, sample.size);
	for (size_t step = 1; step <= sample.size; step++)
		if (decode(coding, &sample, sample.size, step, OUT_BYTES) != CODING_BROKEN)
			fail_msg("in pieces of %zu it is not broken", step);
	coding_free(coding);
}

static void only_what_has_gone_on_otherwise_is_over(void **state)
{
	static struct sample trailed;
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		bool ends_for_good = sample->kind == CODING_BR || sample->kind == CODING_DEFLATE;

		decode(coding, sample, sample->size, 4096, OUT_BYTES);
		assert_int_equal(coding_is_over(coding), ends_for_good);
		trailed = *sample;
		trailed.bytes[trailed.size++] = 'x';
		decode(coding, &trailed, trailed.size, 4096, OUT_BYTES);
		assert_int_equal(coding_is_over(coding), sample->kind != CODING_IDENTITY);
	}
	coding_free(coding);
}

static void what_comes_behind_the_end_is_ignored(void **state)
{
	static const char *const trailers[] = {
		"garbage", "\n<!-- cached -->", "\x1F", "\x1Fz", "(", "(\xB5/", "P", "P*Ma"
	};
	enum { TRAILERS = sizeof(trailers) / sizeof(trailers[0]) };
	static struct sample trailed;
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		for (size_t i = 0; i < TRAILERS && sample->kind != CODING_IDENTITY; i++) {
			trailed = *sample;
			memcpy(trailed.bytes + trailed.size, trailers[i], strlen(trailers[i]));
			trailed.size += strlen(trailers[i]);
			assert_int_equal(
				decode(coding, &trailed, trailed.size, OUT_BYTES, OUT_BYTES),
				CODING_FINE);
			assert_int_equal(coding_size(coding), TEXT_BYTES);
			assert_true(coding_is_whole(coding));
		}
	}
	coding_free(coding);
}

static size_t gzip_of(const char *in, size_t size, char *bytes, size_t room)
{
	z_stream zlib = { 0 };

	deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	zlib.next_in = (unsigned char *)(uintptr_t)in;
	zlib.avail_in = (unsigned)size;
	zlib.next_out = (unsigned char *)bytes;
	zlib.avail_out = (unsigned)room;
	deflate(&zlib, Z_FINISH);
	deflateEnd(&zlib);
	return room - zlib.avail_out;
}

/* Each sample, and gzip around it: as often as may be. */
static void layers_are_undone_from_the_last_to_the_first(void **state)
{
	static const size_t steps[] = { 1, 7, 1000, OUT_BYTES };
	static char around[2][OUT_BYTES];
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		struct coding_layers layers = { 0 };
		size_t size = sample->size;

		if (sample->kind != CODING_IDENTITY)
			layers.kinds[layers.count++] = sample->kind;
		memcpy(around[0], sample->bytes, size);
		for (int i = 0; layers.count < CODING_LAYERS_MAX; i = !i) {
			size = gzip_of(around[i], size, around[!i], OUT_BYTES);
			layers.kinds[layers.count++] = CODING_GZIP;
			for (size_t step = 0; step < 4; step++) {
				coding_begin(coding, &layers, out, OUT_BYTES);
				for (size_t at = 0; at < size; at += steps[step]) {
					size_t part =
						size - at < steps[step] ? size - at : steps[step];
					assert_false(at > 0 && at < size / 2 &&
						     coding_is_whole(coding));
					assert_int_equal(
						coding_write(
							coding,
							(struct slice){ around[!i] + at, part }),
						CODING_FINE);
				}
				assert_int_equal(coding_size(coding), TEXT_BYTES);
				assert_memory_equal(out, text, TEXT_BYTES);
				assert_true(coding_is_whole(coding));
			}
		}
	}
	coding_free(coding);
}

/* A page twice in gzip becomes a million times as large, and fills its room at most. */
static void a_bomb_in_a_bomb_stays_within_its_room(void **state)
{
	static char zeros[OUT_BYTES], once[OUT_BYTES], twice[OUT_BYTES];
	struct coding_layers layers = { 2, { CODING_GZIP, CODING_GZIP } };
	struct coding *coding = coding_new();
	size_t size = gzip_of(zeros, sizeof(zeros), once, sizeof(once));

	(void)state;
	size = gzip_of(once, size, twice, sizeof(twice));
	memset(out, '#', OUT_BYTES);
	coding_begin(coding, &layers, out, 1000);
	assert_int_equal(coding_write(coding, (struct slice){ twice, size }), CODING_FULL);
	assert_int_equal(coding_size(coding), 1000);
	assert_int_equal(out[1000], '#');
	coding_free(coding);
}

/* ... and so does one of which nothing comes out: a gigabyte of empty members. */
static void a_bomb_of_nothing_between_two_layers_is_full(void **state)
{
	static char members[OUT_BYTES], bomb[OUT_BYTES];
	struct coding_layers layers = { 2, { CODING_GZIP, CODING_GZIP } };
	struct coding *coding = coding_new();
	size_t member = gzip_of("", 0, members, sizeof(members)), size = member;

	(void)state;
	for (; size + member <= sizeof(members); size += member)
		memcpy(members + size, members, member);
	size = gzip_of(members, size, bomb, sizeof(bomb));
	assert_true(size < OUT_BYTES / 50);
	coding_begin(coding, &layers, out, 1000);
	assert_int_equal(coding_write(coding, (struct slice){ bomb, size }), CODING_FULL);
	assert_int_equal(coding_size(coding), 0);
	coding_free(coding);
}

static void only_what_says_where_it_ends_is_proved_whole(void **state)
{
	struct coding *coding = coding_new();

	(void)state;
	EACH_SAMPLE(sample)
	{
		bool says_it = sample->kind != CODING_IDENTITY;

		decode(coding, sample, sample->size - 1, 4096, OUT_BYTES);
		assert_false(coding_is_proved_whole(coding));
		decode(coding, sample, sample->size, 4096, OUT_BYTES);
		assert_int_equal(coding_is_proved_whole(coding), says_it);
	}
	begin(coding, CODING_GZIP, OUT_BYTES);
	assert_false(coding_is_proved_whole(coding));
	coding_free(coding);
}

static void names_are_read_as_http_has_them(void **state)
{
	static const struct {
		const char *name;
		enum coding_kind kind;
	} rows[] = {
		{ "", CODING_IDENTITY },
		{ "identity", CODING_IDENTITY },
		{ "gzip", CODING_GZIP },
		{ "GZip", CODING_GZIP },
		{ "x-gzip", CODING_GZIP },
		{ "deflate", CODING_DEFLATE },
		{ "x-deflate", CODING_DEFLATE },
		{ "br", CODING_BR },
		{ "zstd", CODING_ZSTD },
		{ "compress", CODING_UNKNOWN },
		{ "X-Compress", CODING_UNKNOWN },
		{ "dcz", CODING_UNKNOWN },
		/* what is no coding changes nothing */
		{ "none", CODING_IDENTITY },
		{ "utf-8", CODING_IDENTITY },
		{ "aws-chunked", CODING_IDENTITY },
		{ "gzip, br", CODING_IDENTITY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(coding_from_name(slice_of(rows[i].name)), rows[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_coding_comes_out_as_it_went_in_however_it_is_cut),
		cmocka_unit_test(compressed_data_that_was_cut_is_not_whole),
		cmocka_unit_test(more_than_the_room_is_full_and_never_written),
		cmocka_unit_test(a_body_of_exactly_the_room_and_one_more_fits),
		cmocka_unit_test(broken_data_is_said_to_be_broken),
		cmocka_unit_test(an_empty_body_is_whole_in_every_coding),
		cmocka_unit_test(gzip_members_and_zstd_frames_follow_each_other),
		cmocka_unit_test(frames_of_zstd_that_are_to_be_skipped_are),
		cmocka_unit_test(a_broken_frame_of_zstd_is_broken_however_it_is_cut),
		cmocka_unit_test(only_what_has_gone_on_otherwise_is_over),
		cmocka_unit_test(what_comes_behind_the_end_is_ignored),
		cmocka_unit_test(layers_are_undone_from_the_last_to_the_first),
		cmocka_unit_test(a_bomb_in_a_bomb_stays_within_its_room),
		cmocka_unit_test(a_bomb_of_nothing_between_two_layers_is_full),
		cmocka_unit_test(only_what_says_where_it_ends_is_proved_whole),
		cmocka_unit_test(names_are_read_as_http_has_them),
	};

	make_samples(NULL);
	return RUN_TESTS(tests);
}
