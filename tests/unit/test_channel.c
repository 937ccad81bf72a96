#include "tests/support/test.h"

#include <string.h>
#include <sys/socket.h>

#include "crawler/pool/channel.h"

/* What stands before a payload on the wire, as channel.h draws it. */
struct wire_head {
	uint32_t size;
	uint16_t kind, slot;
	uint32_t generation;
	int32_t status;
};

static struct channel *ends[2];

static int open_pair(void **state)
{
	(void)state;
	return channel_pair(ends);
}

static int close_pair(void **state)
{
	(void)state;
	channel_free(ends[0]);
	channel_free(ends[1]);
	return 0;
}

static void send_raw(const void *bytes, size_t size)
{
	assert_int_equal(send(channel_fd(ends[0]), bytes, size, 0), size);
}

/* Receive until nothing is left; the next frames are then to be had. */
static void receive_all(struct channel *channel)
{
	while (channel_receive(channel) > 0)
		;
}

static void send_job(uint16_t slot, const char *bytes, size_t size)
{
	struct frame frame = { .kind = FRAME_JOB, .slot = slot };

	assert_int_equal(channel_send(ends[0], &frame, (struct slice){ bytes, size }), 0);
}

static void every_frame_comes_out_as_it_went_in(void **state)
{
	static const struct {
		struct frame frame;
		struct slice body;
		const char *payload;
	} table[] = {
		{ { FRAME_JOB, 0, 0, 0, { 0 } }, { 0 }, "" },
		{ { FRAME_JOB, 1, 2, 3, { "head", 4 } }, { 0 }, "head" },
		{ { FRAME_RESULT, 65535, UINT32_MAX, INT32_MIN, { 0 } }, { "body", 4 }, "body" },
		{ { FRAME_RESULT, 7, 9, -1, { "head", 4 } }, { "body", 4 }, "headbody" },
		{ { FRAME_STOP, 0, 0, INT32_MAX, { 0 } }, { 0 }, "" },
	};
	struct frame out;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(channel_send(ends[0], &table[i].frame, table[i].body), 0);
		assert_int_equal(channel_flush(ends[0]), 0);
		assert_int_equal(channel_receive(ends[1]), 1);
		assert_int_equal(channel_next(ends[1], &out), 1);
		assert_int_equal(out.kind, table[i].frame.kind);
		assert_int_equal(out.slot, table[i].frame.slot);
		assert_int_equal(out.generation, table[i].frame.generation);
		assert_int_equal(out.status, table[i].frame.status);
		assert_true(slice_equal(out.payload, slice_of(table[i].payload)));
		assert_int_equal(channel_next(ends[1], &out), 0);
	}
}

static void both_ends_speak_at_once(void **state)
{
	struct frame frame = { .kind = FRAME_JOB }, out;

	(void)state;
	channel_send(ends[0], &frame, SLICE("to the worker"));
	frame.kind = FRAME_RESULT;
	channel_send(ends[1], &frame, SLICE("to the master"));
	assert_int_equal(channel_flush(ends[0]), 0);
	assert_int_equal(channel_flush(ends[1]), 0);
	for (int i = 0; i < 2; i++) {
		const char *said = i == 0 ? "to the master" : "to the worker";

		assert_int_equal(channel_receive(ends[i]), 1);
		assert_int_equal(channel_next(ends[i], &out), 1);
		assert_true(slice_equal(out.payload, slice_of(said)));
	}
}

/* Nothing leaves before the flush; one read then brings all of it, in order. */
static void gathered_frames_leave_together(void **state)
{
	struct frame out;

	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		send_job(i, "x", 1);
	assert_true(channel_has_unsent(ends[0]));
	assert_int_equal(channel_unsent(ends[0]), 100 * (sizeof(struct wire_head) + 1));
	assert_int_equal(channel_receive(ends[1]), 0);

	assert_int_equal(channel_flush(ends[0]), 0);
	assert_false(channel_has_unsent(ends[0]));
	assert_int_equal(channel_receive(ends[1]), 1);
	for (uint16_t i = 0; i < 100; i++) {
		assert_int_equal(channel_next(ends[1], &out), 1);
		assert_int_equal(out.slot, i);
	}
	assert_int_equal(channel_next(ends[1], &out), 0);
	assert_int_equal(channel_receive(ends[1]), 0);
}

static void a_frame_cut_anywhere_waits_for_its_rest(void **state)
{
	char bytes[sizeof(struct wire_head) + 5];
	struct wire_head head = { .size = 5, .kind = FRAME_JOB, .slot = 3, .generation = 4 };
	struct frame out;

	(void)state;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), "hello", 5);
	for (size_t cut = 1; cut < sizeof(bytes); cut++) {
		send_raw(bytes, cut);
		assert_int_equal(channel_receive(ends[1]), 1);
		assert_int_equal(channel_next(ends[1], &out), 0);
		send_raw(bytes + cut, sizeof(bytes) - cut);
		assert_int_equal(channel_receive(ends[1]), 1);
		assert_int_equal(channel_next(ends[1], &out), 1);
		assert_true(slice_equal(out.payload, SLICE("hello")));
	}
}

static void nonsense_is_refused_for_ever(void **state)
{
	static const struct wire_head table[] = {
		{ .size = CHANNEL_PAYLOAD_MAX + 1, .kind = FRAME_JOB },
		{ .size = UINT32_MAX, .kind = FRAME_RESULT },
		{ .size = 0, .kind = 0 },
		{ .size = 0, .kind = FRAME_STOP + 1 },
		{ .size = 0, .kind = UINT16_MAX },
	};
	static const struct wire_head sound = { .kind = FRAME_JOB };
	struct frame out = { .status = 99 };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		send_raw(&table[i], sizeof(table[i]));
		send_raw(&sound, sizeof(sound));
		receive_all(ends[1]);
		assert_int_equal(channel_next(ends[1], &out), -1);
		assert_int_equal(channel_next(ends[1], &out), -1);
		assert_int_equal(out.status, 99);
		close_pair(state);
		open_pair(state);
	}
}

static void the_largest_frame_passes_and_no_larger(void **state)
{
	static char bytes[CHANNEL_PAYLOAD_MAX + 1];
	struct frame frame = { .kind = FRAME_RESULT, .payload = { bytes, 64 } }, out;
	struct slice body = { bytes, CHANNEL_PAYLOAD_MAX - 63 };

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(channel_send(ends[0], &frame, body), -1);
	body.size = SIZE_MAX; /* head and body together would be small again */
	assert_int_equal(channel_send(ends[0], &frame, body), -1);
	assert_false(channel_has_unsent(ends[0]));

	body.size = CHANNEL_PAYLOAD_MAX - 64;
	assert_int_equal(channel_send(ends[0], &frame, body), 0);
	do {
		assert_int_equal(channel_flush(ends[0]), 0);
		receive_all(ends[1]);
	} while (channel_has_unsent(ends[0]));
	assert_int_equal(channel_next(ends[1], &out), 1);
	assert_int_equal(out.payload.size, CHANNEL_PAYLOAD_MAX);
	assert_memory_equal(out.payload.at, bytes, CHANNEL_PAYLOAD_MAX);
}

static void what_was_said_before_the_end_is_heard(void **state)
{
	struct frame out;

	(void)state;
	send_job(5, "last words", 10);
	assert_int_equal(channel_flush(ends[0]), 0);
	channel_free(ends[0]);
	ends[0] = NULL;
	assert_int_equal(channel_receive(ends[1]), 1);
	assert_int_equal(channel_next(ends[1], &out), 1);
	assert_int_equal(out.slot, 5);
	assert_int_equal(channel_receive(ends[1]), -1);
}

/* No SIGPIPE either: this test would not live to tell. */
static void speaking_to_a_dead_peer_is_an_error(void **state)
{
	(void)state;
	send_job(0, "anyone?", 7);
	channel_free(ends[1]);
	ends[1] = NULL;
	assert_int_equal(channel_flush(ends[0]), -1);
}

/* The peer does not read: the sender is refused in time, and loses nothing it had promised. */
static void what_waits_for_the_peer_is_bounded(void **state)
{
	static char bytes[512 * 1024];
	struct frame frame = { .kind = FRAME_JOB }, out;
	struct slice body = { bytes, sizeof(bytes) };
	uint16_t sent = 0;

	(void)state;
	while (channel_takes(ends[0], sizeof(bytes))) {
		frame.slot = sent++;
		memset(bytes, frame.slot, sizeof(bytes));
		assert_int_equal(channel_send(ends[0], &frame, body), 0);
		assert_int_equal(channel_flush(ends[0]), 0);
		assert_true(channel_unsent(ends[0]) <= CHANNEL_UNSENT_MAX);
		assert_true(sent < 100);
	}
	assert_int_equal(channel_send(ends[0], &frame, body), -1);
	assert_true(sent >= CHANNEL_UNSENT_MAX / sizeof(bytes) - 1);

	for (uint16_t i = 0; i < sent; i++) {
		int got;

		while ((got = channel_next(ends[1], &out)) == 0) {
			assert_int_equal(channel_flush(ends[0]), 0);
			channel_receive(ends[1]);
		}
		assert_int_equal(got, 1);
		assert_int_equal(out.slot, i);
		assert_int_equal(out.payload.size, sizeof(bytes));
		assert_int_equal((unsigned char)out.payload.at[0], i);
		assert_int_equal((unsigned char)out.payload.at[sizeof(bytes) - 1], i);
	}
	assert_false(channel_has_unsent(ends[0]));
	assert_true(channel_takes(ends[0], sizeof(bytes)));
}

/* Frames of all sizes, sent faster than they are read, through many partial writes and reads. */
static void nothing_is_lost_or_reordered_under_load(void **state)
{
	static char bytes[100 * 1024];
	struct frame frame = { .kind = FRAME_RESULT }, out;
	uint32_t sent = 0, got = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	while (got < 2000) {
		size_t size = (size_t)sent * 7919 % sizeof(bytes);

		frame.generation = sent;
		if (sent < 2000 && channel_takes(ends[0], size)) {
			channel_send(ends[0], &frame, (struct slice){ bytes, size });
			sent++;
		}
		assert_int_equal(channel_flush(ends[0]), 0);
		if (sent % 3 == 0 || sent == 2000)
			channel_receive(ends[1]);
		while (channel_next(ends[1], &out) > 0) {
			assert_int_equal(out.generation, got);
			assert_int_equal(out.payload.size, (size_t)got * 7919 % sizeof(bytes));
			assert_memory_equal(out.payload.at, bytes, out.payload.size);
			got++;
		}
	}
}

static void releasing_nothing_is_allowed(void **state)
{
	(void)state;
	channel_free(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_frame_comes_out_as_it_went_in),
		TEST(both_ends_speak_at_once),
		TEST(gathered_frames_leave_together),
		TEST(a_frame_cut_anywhere_waits_for_its_rest),
		TEST(nonsense_is_refused_for_ever),
		TEST(the_largest_frame_passes_and_no_larger),
		TEST(what_was_said_before_the_end_is_heard),
		TEST(speaking_to_a_dead_peer_is_an_error),
		TEST(what_waits_for_the_peer_is_bounded),
		TEST(nothing_is_lost_or_reordered_under_load),
		cmocka_unit_test(releasing_nothing_is_allowed),
	};

	return RUN_TESTS(tests);
}
