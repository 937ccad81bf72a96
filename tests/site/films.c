#include "films.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FIRST_ID   1021
#define FIRST_YEAR 1961

static const char *const beginnings[] = {
	"雨夜的", "遥远的", "最后一位", "沉默的", "玻璃",
	"会飞的", "第七个", "海边的",   "北方的", "纸上的",
};

static const char *const endings[] = {
	"邮差", "灯塔", "钟表匠", "车站", "花园", "图书馆", "牧羊人", "琴师", "渡口", "信使",
};

static const char *const families[] = {
	"沈", "陆", "顾", "江", "白", "温", "程", "叶", "宋", "秦", "苏",
};

static const char *const given[] = {
	"云帆", "知秋", "南星", "若水", "明远", "听雨", "一舟",
	"清和", "望舒", "怀瑾", "景行", "书意", "长安",
};

static const char *const countries[] = { "冰岛", "葡萄牙", "中国香港" };

/* Ten beginnings, ten endings: no title twice. */
static void name(struct film *film, unsigned n)
{
	unsigned ending = (n / COUNT(beginnings) + n) % COUNT(endings);

	snprintf(film->title, sizeof(film->title), "%s%s", beginnings[n % COUNT(beginnings)],
		 endings[ending]);
}

static void cast(struct film *film, unsigned n)
{
	snprintf(film->actors, sizeof(film->actors), "%s%s,%s%s,%s%s",
		 families[n % COUNT(families)], given[n % COUNT(given)],
		 families[(n + 4) % COUNT(families)], given[(3 * n + 5) % COUNT(given)],
		 families[(2 * n + 7) % COUNT(families)], given[(5 * n + 1) % COUNT(given)]);
}

static void release(struct film *film, unsigned n)
{
	unsigned year = FIRST_YEAR + n * 37 % 58, month = n * 5 % 12 + 1, day = n * 11 % 28 + 1;
	int size =
		snprintf(film->released, sizeof(film->released), "%u-%02u-%02u", year, month, day);

	if (n % 4 == 1)
		snprintf(film->released + size, sizeof(film->released) - (size_t)size, "(%s)",
			 countries[n / 4 % COUNT(countries)]);
}

struct film film_at(unsigned rank)
{
	unsigned n = rank - 1;
	struct film film = { .id = FIRST_ID + n * 13, .tenths = 98 - n * 17 / FILMS_COUNT };

	name(&film, n);
	cast(&film, n);
	release(&film, n);
	return film;
}
