// What pages of others may not do.
import assert from "node:assert/strict";
import test from "node:test";
import { open } from "./browser.mjs";
import { here } from "./here.mjs";
import { stop } from "./world.mjs";

// A page at an address that is not ours, with the cookie of a viewer of ours in the browser.
async function openOther(server, address) {
	const view = await open(here.browser, { mayHappen: /./ });
	await view.page.route(address, route => route.fulfill({
		contentType: "text/html", body: "<!doctype html><title>other</title><p>other</p>" }));
	await view.page.route(`${server.origin}/**`, route => route.continue());
	await view.page.goto(server.address);
	await view.page.goto(address);
	return view;
}

// What a page gets of a request: a status, or the error that its fetch ended with.
function ask(page, address, options) {
	return page.evaluate(([address, options]) => fetch(address, options).then(
		answer => `${answer.type} ${answer.status}`, error => error.name), [address, options]);
}

async function crawlForAWhile(server, name) {
	here.world.write(`${name}.txt`, Array.from({ length: 200 }, (_, number) =>
		`http://127.0.0.1:${here.world.sitePort}/board/${number}.html\n`).join(""));
	const run = here.world.start([`${name}.txt`, "-o", `${name}.db`, "--delay", "1s"]);
	const view = await open(here.browser, { origins: [server.origin] });
	await view.page.goto(server.address);
	await view.page.locator(".chip", { hasText: "running" }).waitFor();
	return { run, view };
}

test("a name that was led to us (rebinding) is refused, cookie or not", { timeout: 60_000 },
     async () => {
	const server = await here.world.serve();
	const port = new URL(server.origin).port;
	const view = await open(here.browser, { origins: [`http://rebound.test:${port}`],
		mayHappen: /421|Cross-Origin-Opener-Policy/ }); // which says nothing without TLS

	const answer = await view.page.goto(`http://rebound.test:${port}/`);
	assert.equal(answer.status(), 421);
	assert.doesNotMatch(await answer.text(), /boards/);
	assert.equal(await ask(view.page, "/events", {}), "basic 421");
	assert.equal(await ask(view.page, "/pause", { method: "POST" }), "basic 421");
	assert.deepEqual(view.faults, []);
	await view.context.close();
	await stop(server.child);
});

test("a page of another origin can neither read ours nor steer the crawl", { timeout: 120_000 },
     async () => {
	const server = await here.world.serve("-o", "gate.db");
	const { run, view } = await crawlForAWhile(server, "gate");
	const near = `http://127.0.0.1:${here.world.sitePort}/other`; // of the same site: cookies are sent
	const far = "http://other.test/other";

	for (const address of [near, far]) {
		const other = await openOther(server, address);
		const statuses = [];
		other.page.on("response", answer => {
			if (answer.url().startsWith(server.origin))
				statuses.push(`${answer.request().method()} ${answer.status()}`);
		});
		const form = { method: "POST", credentials: "include",
			       headers: { "Content-Type": "application/x-www-form-urlencoded" } };
		assert.equal(await ask(other.page, `${server.origin}/`, { credentials: "include" }),
			     "TypeError");
		assert.equal(await ask(other.page, `${server.origin}/stop`, form), "TypeError");
		for (const action of ["pause", "stop", "delay"]) {
			const asked = await ask(other.page, `${server.origin}/${action}`,
				{ ...form, mode: "no-cors", body: "host=127.0.0.1&time=1h" });
			assert.match(asked, /^opaque 0$|^TypeError$/);
		}
		const frame = await other.page.evaluate(address => new Promise(done => {
			const frame = document.createElement("iframe");
			frame.src = address;
			frame.onload = () => {
				try {
					done(frame.contentDocument ? frame.contentDocument.body.innerText : "closed");
				} catch {
					done("closed");
				}
			};
			document.body.append(frame);
		}), server.origin + "/");
		assert.equal(frame, "closed");
		await other.page.evaluate(address => {
			document.body.innerHTML = `<form method="post" action="${address}"><button>x</button></form>`;
			document.querySelector("form").submit();
		}, `${server.origin}/stop`);
		await other.page.waitForURL(`${server.origin}/stop`);
		assert.match(await other.page.locator("body").innerText(), /Only a page of this server/);
		assert.deepEqual(statuses.filter(status => /POST [23]/.test(status)), []);
		await other.context.close();
	}
	await view.page.locator("#verdict", { hasText: /of 200/ }).waitFor();
	assert.equal(await view.page.locator(".chip").innerText(), "running");
	assert.deepEqual(view.faults, []);
	await view.context.close();
	await stop(run);
	await stop(server.child);
});
