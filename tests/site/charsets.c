#include <iconv.h>
#include <stdio.h>
#include <strings.h>

#include "routes.h"

/*
 * "/charset/NAME?header=1&meta=1&bom=0": a page in that charset, which is named in the header, in
 * the page, by a byte-order mark, or nowhere.  The text is long enough for detection to have a
 * chance.
 */
#define MARK "\xef\xbb\xbf" /* U+FEFF */

static const struct language {
	const char *title, *text;
} russian = { "Привет мир",
	      "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива "
	      "по-своему. Завтра утром поезд отправится на север, и мы наконец увидим море." },
  chinese = { "你好，世界",
	      "學而時習之，不亦說乎。天下大事必作於細，今天天氣很好，我們一起去看山上的花。" },
  simplified = { "你好，世界",
		 "学而时习之，不亦说乎。天下大事必作于细，今天天气很好，我们一起去看山上的花。" },
  japanese = { "こんにちは",
	       "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。今日は"
	       "とても良い天気です。" },
  czech = { "Žluťoučký kůň",
	    "Příliš žluťoučký kůň úpěl ďábelské ódy. Zítra ráno pojedeme vlakem na "
	    "sever a konečně uvidíme moře." },
  french = { "café",
	     "Dès Noël, où un zéphyr haï me vêt de glaçons würmiens, je dîne d’exquis rôtis de "
	     "bœuf au kir, à l’aÿ d’âge mûr." };

static const struct charset {
	const char *name; /* as in the URL, the header and the page; iconv knows it too */
	const struct language *language;
	bool is_unicode; /* may have a byte-order mark */
} charsets[] = {
	{ "utf-8", &simplified, true },      { "gb18030", &simplified, true },
	{ "gbk", &simplified, false },       { "gb2312", &simplified, false },
	{ "big5", &chinese, false },         { "shift_jis", &japanese, false },
	{ "euc-jp", &japanese, false },      { "koi8-r", &russian, false },
	{ "windows-1251", &russian, false }, { "windows-1252", &french, false },
	{ "iso-8859-2", &czech, false },     { "utf-16le", &russian, true },
};

static const struct charset *find_charset(struct slice name)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
		if (strlen(charsets[i].name) == name.size &&
		    strncasecmp(charsets[i].name, name.at, name.size) == 0)
			return &charsets[i];
	}
	return NULL;
}

static void write_page(struct buffer *page, const struct visit *visit,
		       const struct charset *charset)
{
	const struct language *language = charset->language;

	if (charset->is_unicode && request_query_number(visit->request, "bom", 0, 1))
		buffer_text(page, MARK);
	buffer_text(page, "<!DOCTYPE html>\n<html><head>");
	if (request_query_number(visit->request, "meta", 1, 1))
		buffer_printf(page, "<meta charset=\"%s\">", charset->name);
	buffer_printf(page,
		      "<title>%s</title></head>\n<body><h1>%s</h1>\n<p>%s</p></body></html>\n",
		      language->title, language->title, language->text);
}

/* Returns 0, or -1 if iconv cannot. */
static int convert(struct buffer *out, struct slice text, const char *charset)
{
	size_t room = 4 * text.size;
	char *in = (char *)text.at, *at = buffer_room(out, room);
	iconv_t converter = iconv_open(charset, "UTF-8");
	size_t result;

	if (converter == (iconv_t)-1)
		return -1;
	result = iconv(converter, &in, &text.size, &at, &room);
	iconv_close(converter);
	if (result == (size_t)-1)
		return -1;
	out->size = (size_t)(at - out->at);
	return 0;
}

static bool answer_charset(struct visit *visit)
{
	const struct charset *charset = find_charset(visit->rest);
	struct buffer page = { 0 };

	if (!charset)
		return false;
	write_page(&page, visit, charset);
	answer_begin(visit->answer, 200, NULL);
	if (request_query_number(visit->request, "header", 1, 1))
		answer_header(visit->answer, "Content-Type: text/html; charset=%s", charset->name);
	else
		answer_header(visit->answer, "Content-Type: text/html");
	if (convert(&visit->answer->body, buffer_slice(&page), charset->name) < 0)
		answer_page(visit->answer, 500, "this system cannot write that charset");
	buffer_free(&page);
	return true;
}

const struct route charset_routes[] = {
	{ "/charset/", answer_charset, "/charset/gb18030?header=1&meta=0",
	  "a page in that charset; header=, meta= and bom= say where it is named", NULL },
	{ 0 },
};
