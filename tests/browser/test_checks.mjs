// The checks themselves: what is wrong on a page of our own is found.
import assert from "node:assert/strict";
import test from "node:test";
import { audit, open, sideways } from "./browser.mjs";
import { here } from "./here.mjs";

const origin = "http://127.0.0.1:9"; // answered by the test, whoever has that port

const wrongs = [
	{ what: "another is asked for a picture", body: '<img alt="x" src="http://other.test/x.png">',
	  finds: /asked for http:\/\/other\.test/ },
	{ what: "another port is asked for a style", body: '<link rel="stylesheet" href="//127.0.0.1:1/x">',
	  finds: /asked for http:\/\/127\.0\.0\.1:1\// },
	{ what: "a script fails", body: "<script>none.such()</script>", finds: /exception: .*none/ },
	{ what: "the policy forbids a style", body: "<style>p{color:red}</style>",
	  policy: "style-src 'self'", finds: /Content Security Policy/ },
	{ what: "the policy forbids a script", body: "<script>1</script>",
	  policy: "script-src 'self'", finds: /Content Security Policy/ },
	{ what: "a text is wider than the window", body: "<pre>" + "wide ".repeat(200) + "</pre>",
	  finds: /\d+ > 400/ },
	{ what: "grey on grey", body: '<p style="color:#999;background:#888">one letter is not judged</p>', 
	  finds: /color-contrast/ },
	{ what: "a field without a name", body: '<input type="text">', finds: /label/ },
	{ what: "a picture without words", body: '<svg role="img" viewBox="0 0 1 1"></svg>',
	  finds: /svg-img-alt/ },
	{ what: "a link in a summary", body: '<details><summary><a href="#x">x</a></summary>y</details>',
	  finds: /nested-interactive/ },
	{ what: "a box that only a mouse scrolls",
	  body: '<div style="overflow:auto;height:20px;width:50px"><p>' + "x<br>".repeat(20) + "</p></div>",
	  finds: /scrollable-region-focusable/ },
	{ what: "nothing", body: "<p>x</p>", finds: /^$/ },
];

for (const { what, body, policy, finds } of wrongs)
	test(`the checks find: ${what}`, { timeout: 60_000 }, async () => {
		const { page, context, faults } = await open(here.browser, { origins: [origin], width: 400 });

		await page.route(`${origin}/`, route => route.fulfill({ contentType: "text/html",
			headers: policy ? { "Content-Security-Policy": policy } : {},
			body: `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
				<title>x</title><link rel="icon" href="data:,"><main><h1>x</h1>${body}</main></html>` }));
		await page.goto(origin);
		assert.match([...faults, ...await audit(page), ...await sideways(page)].join("\n"), finds);
		await context.close();
	});
