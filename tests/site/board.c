#include <stdio.h>

#include "films.h"
#include "routes.h"

/*
 * The board: the markup of the page for which the pattern of the seeds was written, with
 * films of our own.  Ten pages of ten films, linked by ?offset= as the real ones; boards of other
 * numbers show the same films at other places.
 */
#define ROWS       10
#define BOARDS_MAX 999999
#define SORTED     4 /* the board whose films are in the order of their scores */

static void add_row(struct buffer *body, unsigned rank, unsigned number)
{
	struct film film = film_at(number);

	buffer_printf(body,
		      "                <dd>\n"
		      "                        <i class=\"board-index board-index-%u\">%u</i>\n"
		      "    <a href=\"/films/%u\" title=\"%s\" class=\"image-link\" "
		      "data-act=\"boarditem-click\" data-val=\"{movieId:%u}\">\n"
		      "      <img src=\"/image/loading.png\" alt=\"\" class=\"poster-default\" />\n"
		      "      <img data-src=\"/movie/%u.jpg@160w_220h_1e_1c\" alt=\"%s\" "
		      "class=\"board-img\" />\n"
		      "    </a>\n"
		      "    <div class=\"board-item-main\">\n"
		      "      <div class=\"board-item-content\">\n"
		      "              <div class=\"movie-item-info\">\n",
		      rank, rank, film.id, film.title, film.id, film.id, film.title);
	buffer_printf(
		body,
		"        <p class=\"name\"><a href=\"/films/%u\" title=\"%s\" "
		"data-act=\"boarditem-click\" data-val=\"{movieId:%u}\">%s</a></p>\n"
		"        <p class=\"star\">\n"
		"                主演：%s\n"
		"        </p>\n"
		"<p class=\"releasetime\">上映时间：%s</p>    </div>\n"
		"    <div class=\"movie-item-number score-num\">\n"
		"<p class=\"score\"><i class=\"integer\">%u.</i><i class=\"fraction\">%u</i></p>\n"
		"    </div>\n"
		"      </div>\n"
		"    </div>\n"
		"                </dd>\n",
		film.id, film.title, film.id, film.title, film.actors, film.released,
		film.tenths / 10, film.tenths % 10);
}

static void add_pager(struct buffer *body, unsigned offset)
{
	buffer_text(body, "<div class=\"pager-main\">\n<ul class=\"list-pager\">\n");
	for (unsigned page = 0; page < FILMS_COUNT / ROWS; page++) {
		if (page * ROWS == offset)
			buffer_printf(body,
				      "<li class=\"active\"><a class=\"page_%u\" "
				      "href=\"javascript:void(0);\">%u</a></li>\n",
				      page + 1, page + 1);
		else
			buffer_printf(body,
				      "<li><a class=\"page_%u\" href=\"?offset=%u\">%u</a></li>\n",
				      page + 1, page * ROWS, page + 1);
	}
	if (offset + ROWS < FILMS_COUNT)
		buffer_printf(body,
			      "<li><a class=\"page_%u\" href=\"?offset=%u\">下一页</a></li>\n",
			      offset / ROWS + 2, offset + ROWS);
	buffer_text(body, "</ul>\n</div>\n");
}

static bool answer_board(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	unsigned offset = request_query_number(visit->request, "offset", 0, FILMS_COUNT);
	uint64_t board;

	if (!request_number(&visit->rest, BOARDS_MAX, &board) || visit->rest.size > 0)
		return false;
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	buffer_text(body, "<!DOCTYPE html>\n<html lang=\"zh\">\n<head><meta charset=\"utf-8\">"
			  "<title>TOP100榜 - 电影</title></head>\n<body>\n"
			  "<dl class=\"board-wrapper\">\n");
	for (unsigned row = offset; row < offset + ROWS && row < FILMS_COUNT; row++)
		add_row(body, row + 1,
			(unsigned)((row + board + FILMS_COUNT - SORTED) % FILMS_COUNT) + 1);
	buffer_text(body, "</dl>\n");
	add_pager(body, offset);
	buffer_text(body, "</body>\n</html>\n");
	return true;
}

static bool answer_film(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	uint64_t id;

	if (!request_number(&visit->rest, UINT32_MAX, &id))
		return false;
	for (unsigned rank = 1; rank <= FILMS_COUNT; rank++) {
		struct film film = film_at(rank);

		if (film.id != id)
			continue;
		answer_begin(visit->answer, 200, "text/html; charset=utf-8");
		html_open(body, film.title);
		buffer_printf(body,
			      "<p class=\"star\">主演：%s</p>\n<p "
			      "class=\"releasetime\">上映时间：%s</p>\n"
			      "<p class=\"score\">%u.%u</p>\n",
			      film.actors, film.released, film.tenths / 10, film.tenths % 10);
		html_close(body);
		return true;
	}
	return false;
}

const struct route board_routes[] = {
	{ "/board/", answer_board, "/board/4?offset=0", "ten of a hundred films", NULL },
	{ "/films/", answer_film, "/films/1021", "one of the films", NULL },
	{ 0 },
};
