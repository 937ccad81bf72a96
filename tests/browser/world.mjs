// A world to look at: the test site, a database made by crawls of it, its report, and its page.
//
// Everything is in a folder of its own below /tmp, asks loopback addresses alone, and ends with this
// process or after SECONDS_MAX.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const SECONDS_MAX = 600;
const CRAWL_MS_MAX = 120_000;
const build = resolve(process.env.BUILD ?? "build");
const crawlPath = join(build, "crawl");

// ---- processes ----

const started = new Set();

// Start a program; what it prints first is a line that says where it is.
async function startServer(path, args, folder) {
	const child = spawn(path, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
	started.add(child);
	child.once("exit", () => started.delete(child));
	const failed = new Promise((_, reject) =>
		child.once("close", code => reject(new Error(`${path} ended with ${code}`))));
	failed.catch(() => {});
	const line = new Promise(done => createInterface(child.stdout).once("line", done));
	return { child, line: await Promise.race([line, failed]) };
}

// End it, by its id; returns when it is gone.
export async function stop(child) {
	if (child.exitCode !== null || child.signalCode !== null)
		return;
	const gone = new Promise(done => child.once("exit", done));
	child.kill("SIGTERM");
	const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
	await gone;
	clearTimeout(late);
}

process.on("exit", () => {
	for (const child of started)
		child.kill("SIGKILL");
});
process.on("SIGTERM", () => process.exit(1));

// ---- what is crawled ----

const titles = ["Winter Harbour", "The Lamp", "电影", "Ünter den Linden", "Tom & Jerry <3>", "Night Ferry"];

function boardPage(number, { cell, date }) {
	const rows = [];
	for (let rank = 1; rank <= 10; rank++)
		rows.push(`<${cell} class="film"><i>${rank}</i> <a title="${titles[(number + rank) % 6]
			.replaceAll("&", "&amp;").replaceAll("<", "&lt;")} ${number * 10 + rank}"></a>
  <p class="star">演员甲,演员乙,演员丙</p>
  <p class="${date}">2018-0${1 + (rank % 9)}-1${number % 9}</p>
  <b>${5 + ((number + rank) % 5)}.${rank % 10}</b></${cell}>`);
	return `<!doctype html><title>board ${number}</title>\n<dl>\n${rows.join("\n")}\n</dl>\n`;
}

const BOARDS = 240;

// Before the last run a tag is another on some pages, and a class on some others.
function writeBoards(folder, isRenamed) {
	mkdirSync(join(folder, "root/board"), { recursive: true });
	for (let number = 0; number < BOARDS; number++) {
		const cell = isRenamed && number % 8 === 0 ? "li" : "dd";
		const date = isRenamed && number % 4 === 1 ? "release-date" : "releasetime";
		writeFileSync(join(folder, `root/board/${number}.html`), boardPage(number, { cell, date }));
	}
}

const patterns = `crawl:
  delay: 5ms
  concurrency: 8
  retries: 1
  retry_wait: 50ms
  depth: 0
  timeout: 2s
patterns:
  - name: boards
    url: '/board/'
    each: '<dd class="film">.*?</dd>'
    flags: s
    fields:
      rank: {pattern: '<i>(\\d+)</i>', type: integer}
      title: {pattern: 'title="([^"]*)"', clean: html}
      actors: {pattern: 'class="star">([^<]*)'}
      released: {pattern: 'releasetime">([\\d-]+)', type: date}
      score: {pattern: '<b>(.*?)</b>', type: real}
  - name: mail_addresses
    url: '/page/'
    pattern: 'mailto:(?<address>[^"]+)'
  - name: book_pages
    url: '/book/'
    pattern: '<h1>(?<title>[^<]*)</h1>'
`;

// Literal loopback addresses, each a host: boards, books, slow, and one that fails in every way.
function urlsOf(port) {
	const at = host => path => `http://127.0.0.${host}:${port}${path}`;
	const boards = at(1), books = at(2), slow = at(3), old = at(4);
	const many = (count, make) => Array.from({ length: count }, (_, number) => make(number));
	return [
		...many(BOARDS, number => boards(`/board/${number}.html`)),
		...many(40, number => books(`/book/${number}`)),
		...many(12, number => slow(`/delay/150/page/${number}`)),
		...many(12, number => old(`/missing/${number}`)),
		...many(7, number => old(`/status/403/${number}`)),
		...many(3, number => old(`/status/410/${number}`)),
		old("/status/503/1"), old("/status/503"),
		...many(4, number => books(`/private/${number}`)),
		old("/reset/body"), old("/reset/head"), old("/redirect-ring/3/0"), old("/type/image/png"),
		old("/gzip-bad"), old("/charset/gb18030?header=1&meta=0"),
		old(`/missing/${"a-rather-long-path-that-does-not-break/".repeat(6)}`),
		"htp://127.0.0.1/", "no URL at all",
	];
}

// ---- the world ----

function crawl(folder, args, codes) {
	const done = spawnSync(crawlPath, args, {
		cwd: folder, encoding: "utf8", timeout: CRAWL_MS_MAX, maxBuffer: 64 << 20 });
	if (!codes.includes(done.status))
		throw new Error(`crawl ${args.join(" ")}: ${done.status} ${done.signal ?? ""}\n${done.stderr}`);
	return done.stdout;
}

export class World {
	// The site, in an empty folder.
	static async make() {
		const world = new World();
		world.folder = mkdtempSync(join(tmpdir(), "crawl-browser-"));
		process.once("exit", () => rmSync(world.folder, { recursive: true, force: true }));
		writeBoards(world.folder, false);
		writeFileSync(join(world.folder, "robots.txt"), "User-agent: *\nDisallow: /private/\n");
		const site = await startServer(join(build, "site"), ["--die-with-parent", "--port", "0",
			"--addresses", "4", "--root", "root", "--robots", "robots.txt",
			"--seconds", `${SECONDS_MAX}`], world.folder);
		world.site = site.child;
		world.sitePort = Number(new URL(site.line.trim()).port);
		world.write("urls.txt", urlsOf(world.sitePort).join("\n") + "\n");
		world.write("crawl.yaml", patterns);
		return world;
	}

	write(name, text) {
		writeFileSync(join(this.folder, name), text);
	}

	crawl(...args) {
		return crawl(this.folder, args, [0, 1]);
	}

	// Four runs; before the last one the markup changes.
	crawlAll() {
		this.crawl("urls.txt");
		this.crawl("urls.txt", "--update");
		this.crawl("urls.txt", "--update");
		writeBoards(this.folder, true);
		this.crawl("urls.txt", "--update");
	}

	// Returns the report's address.
	report(name, ...args) {
		this.write(name, this.crawl("report", ...args));
		return `file://${join(this.folder, name)}`;
	}

	// The page of a database: {child, address, origin}; the address has the token.
	async serve(...args) {
		const server = await startServer(crawlPath, ["serve", "-q", "--port", "0", ...args], this.folder);
		const address = server.line.slice(server.line.indexOf("http://")).trim();
		return { child: server.child, address, origin: new URL(address).origin };
	}

	// A crawl that goes on while the test looks at it; stderr is a stream, if it is wanted.
	start(args, stderr = "ignore") {
		const child = spawn(crawlPath, args, { cwd: this.folder, stdio: ["ignore", "ignore", stderr] });
		started.add(child);
		child.once("exit", () => started.delete(child));
		return child;
	}

	async end() {
		for (const child of [...started])
			await stop(child);
		rmSync(this.folder, { recursive: true, force: true });
	}
}
