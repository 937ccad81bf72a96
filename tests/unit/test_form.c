/* form: which form is filled in, and what is sent of it. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "parsers/markup/form.h"
#include "parsers/markup/form_body.h"

#define SAID_MAX 2000

/* "a=1&b=2" as fields; the text is cut up. */
static size_t cut_fields(char *text, struct form_field *out)
{
	size_t count = 0;
	char *rest = NULL;

	for (char *part = strtok_r(text, "&", &rest); part; part = strtok_r(NULL, "&", &rest)) {
		char *equals = strchr(part, '=');

		out[count++] = (struct form_field){ { part, (size_t)(equals - part) },
						    slice_of(equals + 1) };
	}
	return count;
}

static void say_found(const struct form *form, struct scratch *scratch, char said[SAID_MAX])
{
	struct form_body body = { .bytes = { 0 } };

	if (form->encoding != FORM_PLAIN)
		form_body_write(form, false, scratch, &body);
	snprintf(said, SAID_MAX, "%s %.*s%s%.*s %.*s", form->is_post ? "POST" : "GET",
		 (int)form->action.size, form->action.at, form->base.at ? " base " : "",
		 (int)form->base.size, form->base.at ? form->base.at : "", (int)body.bytes.size,
		 body.bytes.at ? body.bytes.at : "");
}

static void say_none(const struct form *form, char said[SAID_MAX])
{
	int size = snprintf(said, SAID_MAX, "none");

	for (size_t i = 0; i < form->field_count; i++)
		size += snprintf(said + size, SAID_MAX - (size_t)size, " %.*s",
				 (int)form->fields[i].name.size, form->fields[i].name.at);
}

/* "POST action body", "none name name", "several". */
static void submit(const char *page, bool is_xml, const char *wanted, char said[SAID_MAX])
{
	struct form_field fields[8];
	struct scratch scratch = { 0 };
	char *copy = strdup(wanted), *bytes = malloc(strlen(page) + 1);
	size_t count = cut_fields(copy, fields);
	struct controls_page of = { { bytes, strlen(page) }, is_xml };
	struct form form;

	memcpy(bytes, page, strlen(page)); /* no NUL behind it */
	bytes = realloc(bytes, strlen(page) > 0 ? strlen(page) : 1);
	of.text.at = bytes;
	switch (form_find(&of, fields, count, &scratch, &form)) {
	case FORM_FOUND:
		say_found(&form, &scratch, said);
		break;
	case FORM_NONE:
		say_none(&form, said);
		break;
	case FORM_SEVERAL:
		snprintf(said, SAID_MAX, "several");
		break;
	}
	scratch_free(&scratch);
	free(bytes);
	free(copy);
}

struct row {
	const char *page, *wanted, *said;
};

static void check(const struct row *rows, size_t count)
{
	char said[SAID_MAX];

	for (size_t i = 0; i < count; i++) {
		submit(rows[i].page, false, rows[i].wanted, said);
		if (strcmp(said, rows[i].said) != 0)
			print_error("%s\n", rows[i].page);
		assert_string_equal(said, rows[i].said);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))
#define UP          "<input name=u><input name=p type=password>"
#define F(rest)     "<form method=post action=/in>" rest "</form>"

static void the_form_with_the_fields_is_filled_in(void **state)
{
	static const struct row rows[] = {
		{ F(UP), "u=me&p=pw", "POST /in u=me&p=pw" },
		{ F("<input name=p type=password><input name=u>"), "u=me&p=pw",
		  "POST /in p=pw&u=me" },
		{ "<form action=/search><input name=q></form>" F(UP), "u=me&p=pw",
		  "POST /in u=me&p=pw" },
		{ F("<INPUT NAME=u value=before><input name=p>"), "u=me&p=pw",
		  "POST /in u=me&p=pw" },
		{ F(UP "<input type=hidden name=csrf value='a&amp;b &lt;'>"), "u=me&p=pw",
		  "POST /in u=me&p=pw&csrf=a%26b+%3C" },
		{ F(UP "<input type=hidden name=empty><input type=hidden value=nameless>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&empty=" },
		{ "<form><input name=u><input name=p></form>", "u=me&p=pw", "GET  u=me&p=pw" },
		{ "<form method=POST action=' /in '>" UP "</form>", "u=me&p=pw",
		  "POST /in u=me&p=pw" },
		{ "<base href=/app/><base href=/no/>" F(UP), "u=me&p=pw",
		  "POST /in base /app/ u=me&p=pw" },
		{ "<form method=dialog>" UP "</form>", "u=me&p=pw", "GET  u=me&p=pw" },
		{ F("<input name='user[email]'><input name=p>"), "user[email]=a@b&p=p w+%",
		  "POST /in user%5Bemail%5D=a%40b&p=p+w%2B%25" },
		{ F(UP), "u=\xC3\xA4~*-._&p=\xE2\x82\xAC", "POST /in u=%C3%A4%7E*-._&p=%E2%82%AC" },
		{ F("<input name=u><input name=p><div>never closed"), "u=me&p=pw",
		  "POST /in u=me&p=pw" },
	};

	(void)state;
	CHECK(rows);
}

static void no_form_and_more_than_one_are_told_apart(void **state)
{
	static const struct row rows[] = {
		{ "", "u=me", "none" },
		{ "no markup", "u=me", "none" },
		{ "<input name=u>", "u=me", "none" }, /* of no form */
		{ F("<input name=u>"), "u=me&p=pw", "none" },
		{ F("<input name=login><input type=hidden name=t>"
		    "<input type=password name=pass><input type=submit name=go>"),
		  "u=me&p=pw", "none login pass" },
		{ "<form action=/1>" UP "</form><form action=/2>" UP "</form>", "u=me&p=pw",
		  "several" },
		{ "<form>" UP "</form><form method=post>" UP "</form>", "u=me&p=pw", "several" },
		{ F(UP "<input name=x>") F(UP "<input name=y>"), "u=me&p=pw", "several" },
		{ F(UP) F(UP "<input name=p2>"), "u=me&p=pw&p2=pw",
		  "POST /in u=me&p=pw&p2=pw" }, /* one more field tells them apart */
		{ "<!--" F(UP) "-->", "u=me", "none" },
		{ "<script>'" F(UP) "'</script>", "u=me", "none" },
		{ "<style>" F(UP) "</style><title>" F(UP) "</title>", "u=me", "none" },
		{ "<template>" F(UP) "</template>", "u=me", "none" },
		{ "<template><form></template>" F(UP), "u=me&p=pw", "POST /in u=me&p=pw" },
		{ "<noscript>" F(UP) "</noscript>", "u=me&p=pw", "POST /in u=me&p=pw" },
		{ "<svg><form><input name=u></form></svg>", "u=me", "none" },
		{ "<textarea>" F(UP) "</textarea>", "u=me", "none" },
		{ "<form><button name=u type=button>", "u=me", "none" }, /* it sends nothing */
		{ "<form><input type=file name=u>", "u=me", "none" },
		{ "<form><select name=u></select>", "u=me", "none" },
		{ F(UP) "<form", "u=me&p=pw", "POST /in u=me&p=pw" },
		{ F(UP) "<input name='", "u=me&p=pw", "POST /in u=me&p=pw" },
	};

	(void)state;
	CHECK(rows);
}

static void a_form_in_a_form_is_none(void **state)
{
	static const struct row rows[] = {
		{ "<form method=post action=/1><input name=u><form action=/2><input name=p></form>"
		  "<input name=late>",
		  "u=me&p=pw", "POST /1 u=me&p=pw" },
		{ "<div><form method=post action=/1><input name=u></div><input name=p></form>",
		  "u=me&p=pw", "POST /1 u=me&p=pw" },
		{ "<table><form method=post action=/1><tr><td><input name=u></table>"
		  "<input name=p></form>",
		  "u=me&p=pw", "POST /1 u=me&p=pw" },
	};

	(void)state;
	CHECK(rows);
}

static void fields_elsewhere_name_their_form(void **state)
{
	static const struct row rows[] = {
		{ "<input name=u form=f><form id=f method=post action=/in></form>"
		  "<input name=p form=f>",
		  "u=me&p=pw", "POST /in u=me&p=pw" },
		{ "<form id=f method=post action=/in><input name=u><input name=p>"
		  "<input name=x value=1 form=other></form>",
		  "u=me&p=pw", "POST /in u=me&p=pw" },
		{ "<form id=f><input name=u></form><form id=f method=post action=/2></form>"
		  "<input name=p form=f>",
		  "u=me&p=pw", "GET  u=me&p=pw" }, /* the first with this id */
		{ F(UP "<button form=g name=b>x</button>") "<form id=g></form>", "u=me&p=pw",
		  "POST /in u=me&p=pw" },
		{ "<form id=f method=post action=/in>" UP
		  "</form><select form=f name=s><option>1</select>",
		  "u=me&p=pw", "POST /in u=me&p=pw&s=1" },
	};

	(void)state;
	CHECK(rows);
}

static void what_is_ticked_and_selected_goes_along(void **state)
{
	static const struct row rows[] = {
		{ F(UP "<input type=checkbox name=a><input type=checkbox name=b checked>"
		       "<input type=checkbox name=c value=3 checked>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&b=on&c=3" },
		{ F(UP
		    "<input type=radio name=r value=1><input type=radio name=r value=2 checked>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&r=2" },
		{ F(UP "<select name=s><option value=1>one<option value=2 selected>two</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&s=2" },
		{ F(UP "<select name=s><option disabled>choose<option> a \n <b>b</b> &amp; c"
		       "<option>d</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&s=a+b+%26+c" },
		{ F(UP "<select name=s multiple><option selected>1<option>2<option "
		       "selected>3</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&s=1&s=3" },
		{ F(UP "<select name=s><option selected>1</option><option "
		       "selected>2</option></select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&s=2" },
		{ F(UP "<select name=s><optgroup disabled><option>1</optgroup><option>2</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&s=2" },
		{ F(UP "<select name=s><option>1<input name=x><option>2</select>"), "u=me&p=pw",
		  "POST /in u=me&p=pw&s=1&x=" },
		{ F(UP "<select name=s></select><select name=t><option value=''>-</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&t=" },
		{ F(UP "<textarea name=t>\n\na&amp;\r\nb</textarea>"), "u=me&p=pw",
		  "POST /in u=me&p=pw&t=%0D%0Aa%26%0D%0Ab" },
		{ F(UP "<input name=x value=1 disabled><fieldset disabled><input name=y value=2>"
		       "<fieldset><input name=z></fieldset></fieldset><input name=w value=3>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&w=3" },
	};

	(void)state;
	CHECK(rows);
}

static void a_name_that_is_there_twice_is_filled_in_where_a_user_would(void **state)
{
	static const struct row rows[] = {
		{ F(UP "<input type=hidden name=keep value=0>"
		       "<input type=checkbox name=keep value=1>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&keep=0" },
		{ F(UP "<input type=hidden name=keep value=0>"
		       "<input type=checkbox name=keep value=1>"),
		  "u=me&p=pw&keep=1", "POST /in u=me&p=pw&keep=0&keep=1" },
		{ F("<input type=hidden name=u value=x>" UP), "u=me&p=pw",
		  "POST /in u=x&u=me&p=pw" },
		{ F(UP "<input type=hidden name=h value=1>"), "u=me&p=pw&h=2",
		  "POST /in u=me&p=pw&h=2" },
		{ F(UP
		    "<input type=radio name=r value=1 checked><input type=radio name=r value=2>"),
		  "u=me&p=pw&r=2", "POST /in u=me&p=pw&r=2" },
		{ F(UP "<select name=s><option value=1 selected>a<option value=2>b</select>"),
		  "u=me&p=pw&s=2", "POST /in u=me&p=pw&s=2" },
		{ F(UP "<select name=s><option value=1>a</select>"), "u=me&p=pw&s=9",
		  "POST /in u=me&p=pw&s=9" }, /* a script would have made it */
		{ F("<input name=u disabled><input name=p>"), "u=me&p=pw", "POST /in u=me&p=pw" },
		{ F(UP UP), "u=me&p=pw", "POST /in u=me&p=pw&u=&p=" },
	};

	(void)state;
	CHECK(rows);
}

static void the_first_button_sends_it(void **state)
{
	static const struct row rows[] = {
		{ F(UP "<input type=submit name=go value=In><input type=submit name=no value=x>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&go=In" },
		{ F("<button type=button name=show>o</button><button name=b "
		    "value=1>In</button>" UP),
		  "u=me&p=pw", "POST /in b=1&u=me&p=pw" },
		{ F(UP "<button disabled name=a value=1>a</button><button name=b value=2>b"),
		  "u=me&p=pw", "POST /in u=me&p=pw&b=2" },
		{ F(UP "<input type=reset name=r value=1><input type=button name=q value=1>"),
		  "u=me&p=pw", "POST /in u=me&p=pw" },
		{ F(UP "<input type=image name=i src=x>"), "u=me&p=pw",
		  "POST /in u=me&p=pw&i.x=0&i.y=0" },
		{ F(UP "<input type=image src=x>"), "u=me&p=pw", "POST /in u=me&p=pw&x=0&y=0" },
		{ "<form action=/no>" UP "<button formaction=/yes formmethod=post>", "u=me&p=pw",
		  "POST /yes u=me&p=pw" },
		{ F(UP "<input type=submit>"), "u=me&p=pw", "POST /in u=me&p=pw" },
	};

	(void)state;
	CHECK(rows);
}

static void a_button_that_is_named_sends_it(void **state)
{
	static const struct row rows[] = {
		{ F(UP "<button name=act value=forgot>?</button><button name=act value=login>In"),
		  "u=me&p=pw&act=login", "POST /in u=me&p=pw&act=login" },
		{ F(UP "<input type=submit name=forgot value='Forgot?'>"
		       "<input type=submit name='m$go' value=In>"),
		  "u=me&p=pw&m$go=In", "POST /in u=me&p=pw&m%24go=In" },
		{ F(UP "<button name=x>x</button><button name=login>Login</button>"),
		  "u=me&p=pw&login=Login", "POST /in u=me&p=pw&login=" }, /* what it shows */
		{ F(UP "<button name=x>x</button><input type=image name=i>"), "u=me&p=pw&i=x",
		  "POST /in u=me&p=pw&i.x=0&i.y=0" },
		{ "<form action=/no>" UP "<button>x</button><button name=go formmethod=post "
		  "formaction=/yes disabled>",
		  "u=me&p=pw&go=1", "POST /yes u=me&p=pw&go=" },
		/* what can be filled in is */
		{ F(UP "<input type=hidden name=go value=0><button name=x><button name=go>"),
		  "u=me&p=pw&go=1", "POST /in u=me&p=pw&go=1&x=" },
		/* one is pressed, not two */
		{ F(UP "<button name=a>a</button><button name=b>b</button>"), "u=me&p=pw&a=1&b=1",
		  "none u p" },
		/* it tells forms apart */
		{ "<form method=post action=/new>" UP
		  "<button name=new></form>" F(UP "<button name=go value=1>"),
		  "u=me&p=pw&go=1", "POST /in u=me&p=pw&go=1" },
	};

	(void)state;
	CHECK(rows);
}

static void of_several_forms_that_counts_which_wants_nothing_else(void **state)
{
	static const struct row rows[] = {
		{ "<form method=post action=/new>" UP "<input name=p2 type=password></form>" F(UP),
		  "u=me&p=pw", "POST /in u=me&p=pw" },
		{ F(UP "<input type=checkbox name=c><input name=off "
		       "disabled>") "<form method=post action=/new>" UP
				    "<textarea name=bio></textarea></form>",
		  "u=me&p=pw", "POST /in u=me&p=pw" },
		/* one for wide screens, one for small ones */
		{ F(UP "<input type=hidden name=t value=1>")
			  F(UP "<input type=hidden name=t value=2>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&t=1" },
	};

	(void)state;
	CHECK(rows);
}

/* What other programs that fill in forms were reported for. */
static void what_others_have_stumbled_over_is_sent_as_by_a_browser(void **state)
{
	static const struct row rows[] = {
		/* A search form on every page, with a token of the same name. */
		{ "<form action=/s><input name=q><input type=hidden name=csrf_token "
		  "value=1></form>" F(UP "<input type=hidden name=csrf_token value=2>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&csrf_token=2" },
		{ F(UP "<button name=_submit value=>In</button>"), "u=me&p=pw",
		  "POST /in u=me&p=pw&_submit=" },
		{ F("<input name=csrf type=hidden value='sid:f'/>" UP
		    "<button name='login' type='submit'> Login </button>"),
		  "u=me&p=pw", "POST /in csrf=sid%3Af&u=me&p=pw&login=" },
		{ F(UP "<input type=submit name=s value=Search><input type=submit name=s "
		       "value=Search>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&s=Search" },
		{ F(UP "<button type=nonsense name=b value=1>"), "u=me&p=pw",
		  "POST /in u=me&p=pw&b=1" },
		{ F(UP "<input type=checkbox name=c CHECKED=\"\"><select name=s><option>1"
		       "<option SELECTED=\"\">2</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&c=on&s=2" },
		{ F(UP "<input type=hidden name=t[] value=''><select name=t[] multiple=multiple>"
		       "<option selected>a<option selected>b</select>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&t%5B%5D=&t%5B%5D=a&t%5B%5D=b" },
		{ F(UP "<input type=radio name=r value=1 checked><input type=radio name=r value=2 "
		       "checked><input type=radio name=r value=3>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&r=2" },
		{ F(UP "<input type=checkbox name=c value=1 checked><input type=checkbox name=c "
		       "value=2 checked>"),
		  "u=me&p=pw", "POST /in u=me&p=pw&c=1&c=2" },
		{ F(UP "<input type=checkbox name=c value=1><input type=checkbox name=c value=2>"),
		  "u=me&p=pw&c=2", "POST /in u=me&p=pw&c=2" },
		{ F(UP "<input type=checkbox name=scene>"), "u=me&p=pw&scene=on",
		  "POST /in u=me&p=pw&scene=on" },
		{ "<form method=post action=./signin.aspx><input type=hidden name=__VIEWSTATE "
		  "value='/wEP+x=='><input type=hidden name=__EVENTTARGET value=''>" UP
		  "<input type=submit name='ctl00$go' value='Sign In'></form>",
		  "u=me&p=pw",
		  "POST ./signin.aspx __VIEWSTATE=%2FwEP%2Bx%3D%3D&__EVENTTARGET=&u=me&p=pw&"
		  "ctl00%24go=Sign+In" },
		{ "<textarea form=f name=data>Some data</textarea><div><form id=f method=post "
		  "action=/in>" UP "</form></div><div><p><input form=f name=l value=x></p></div>",
		  "u=me&p=pw", "POST /in data=Some+data&u=me&p=pw&l=x" },
		{ "<div id=app></div><script>render('" F(UP) "')</script>", "u=me&p=pw", "none" },
		{ F("<input name=security_text><input type=hidden name=f value=I77>"
		    "<input name=email type=email><input name=passWord type=password>"),
		  "email=me&passWord=pw", "POST /in security_text=&f=I77&email=me&passWord=pw" },
		{ "<form method=post action='#'>" UP "</form>", "u=me&p=pw", "POST # u=me&p=pw" },
	};

	(void)state;
	CHECK(rows);
}

static void multipart_has_a_boundary_that_is_in_no_value(void **state)
{
	char said[SAID_MAX];

	(void)state;
	submit("<form method=post action=/in enctype='Multipart/Form-Data'><input name='u\"'>"
	       "<textarea name=p>a\nb ----crawl-form----crawl-form-00000000</textarea></form>",
	       false, "u\"=me", said);
	assert_string_equal(said, "POST /in ------crawl-form-00000001\r\n"
				  "Content-Disposition: form-data; name=\"u%22\"\r\n\r\nme\r\n"
				  "------crawl-form-00000001\r\n"
				  "Content-Disposition: form-data; name=\"p\"\r\n\r\n"
				  "a\r\nb ----crawl-form----crawl-form-00000000\r\n"
				  "------crawl-form-00000001--\r\n");
	submit("<form method=post enctype=text/plain><input name=u></form>", false, "u=me", said);
	assert_string_equal(said, "POST  ");
}

static void another_charset_is_left_to_others(void **state)
{
	static const struct form_field fields[] = { { SLICE("\xC3\xA4 b"),
						      SLICE("\xE2\x82\xAC&\n") } };
	struct form form = { .fields = fields, .field_count = 1 };
	struct scratch scratch = { 0 };
	struct form_body body;

	(void)state;
	form_body_write(&form, true, &scratch, &body);
	assert_int_equal(body.bytes.size, strlen("\xC3\xA4+b=\xE2\x82\xAC%26%0D%0A"));
	assert_memory_equal(body.bytes.at, "\xC3\xA4+b=\xE2\x82\xAC%26%0D%0A", body.bytes.size);
	scratch_free(&scratch);
}

static void xhtml_has_its_own_rules(void **state)
{
	char said[SAID_MAX];

	(void)state;
	submit("<html xmlns='http://www.w3.org/1999/xhtml'><body><form method='post' action='/in'>"
	       "<script/><input name='u'/><textarea name='t'/><input name='p' value=''/></form>"
	       "</body></html>",
	       true, "u=me&p=pw", said);
	assert_string_equal(said, "POST /in u=me&t=&p=pw");
}

/* It is a stranger's page: cut anywhere it is read to its end, and no further. */
static void a_page_may_end_anywhere(void **state)
{
	static const char page[] =
		"<base href='/a'><form id=f method=post action='/in'>" UP
		"<select name=s><optgroup><option>a &amp; b</option></optgroup></select>"
		"<textarea name=t>\r\nx</textarea><svg><title>x</svg><button name=b>"
		"<input form='f' name=\"z\" value='&lt;'></form>";
	char said[SAID_MAX], cut[sizeof(page)];

	(void)state;
	for (size_t size = 0; size < sizeof(page); size++) {
		memcpy(cut, page, size);
		cut[size] = '\0';
		submit(cut, false, "u=me", said);
		submit(cut, true, "u=me", said);
	}
	assert_string_equal(said, "POST /in base /a u=me&p=&s=a+%26+b&t=x&b=&z=%3C");
}

static void a_page_of_a_million_options_ends(void **state)
{
	size_t size = 1000000 * strlen("<option>");
	char *page = malloc(size + 64);
	struct scratch scratch = { 0 };
	struct form_field wanted = { SLICE("u"), SLICE("me") };
	struct controls_page of = { { page, size + strlen("<form><input name=u><select>") },
				    false };
	struct form form;
	char *at = stpcpy(page, "<form><input name=u><select>");

	(void)state;
	for (size_t i = 0; i < 1000000; i++)
		at = stpcpy(at, "<option>");
	assert_int_equal(form_find(&of, &wanted, 1, &scratch, &form), FORM_FOUND);
	assert_int_equal(form.field_count, 1);
	scratch_free(&scratch);
	free(page);
}

/* Who writes the page may write any of them into it, and that is no work without end. */
static void a_page_full_of_boundaries_is_sent_with_another(void **state)
{
	enum { NUMBERS = 200000 };
	char *text = malloc(NUMBERS * strlen("----crawl-form-00000000") + 1), *at = text;
	struct form_field field = { SLICE("p"), { text, 0 } };
	struct form form = { .fields = &field, .field_count = 1, .encoding = FORM_MULTIPART };
	struct scratch scratch = { 0 };
	struct form_body body;

	(void)state;
	for (unsigned i = NUMBERS; i-- > 0;)
		at += sprintf(at, "----crawl-form-%08x", i);
	field.value.size = (size_t)(at - text);
	alarm(20);
	form_body_write(&form, false, &scratch, &body);
	alarm(0);
	assert_string_equal(body.type, "multipart/form-data; boundary=----crawl-form-00030d40");
	scratch_free(&scratch);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_with_the_fields_is_filled_in),
		cmocka_unit_test(no_form_and_more_than_one_are_told_apart),
		cmocka_unit_test(a_form_in_a_form_is_none),
		cmocka_unit_test(fields_elsewhere_name_their_form),
		cmocka_unit_test(what_is_ticked_and_selected_goes_along),
		cmocka_unit_test(a_name_that_is_there_twice_is_filled_in_where_a_user_would),
		cmocka_unit_test(the_first_button_sends_it),
		cmocka_unit_test(a_button_that_is_named_sends_it),
		cmocka_unit_test(of_several_forms_that_counts_which_wants_nothing_else),
		cmocka_unit_test(what_others_have_stumbled_over_is_sent_as_by_a_browser),
		cmocka_unit_test(multipart_has_a_boundary_that_is_in_no_value),
		cmocka_unit_test(another_charset_is_left_to_others),
		cmocka_unit_test(xhtml_has_its_own_rules),
		cmocka_unit_test(a_page_may_end_anywhere),
		cmocka_unit_test(a_page_of_a_million_options_ends),
		cmocka_unit_test(a_page_full_of_boundaries_is_sent_with_another),
	};

	return RUN_TESTS(tests);
}
