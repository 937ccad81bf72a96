// The board with Crawlee: node crawlee_board.mjs URLS ROWS.jsonl NODE_FOLDER
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.argv[4]}/`);
const { CheerioCrawler, Configuration, log } = require('@crawlee/cheerio');

const pattern = new RegExp('<dd>.*?board-index.*?>(\\d+)<.*?title="(.*?)".*?star.*?>(.*?)<.*?releasetime.*?>(.*?)<'
	+ '.*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<', 'gs');
const urls = fs.readFileSync(process.argv[2], 'utf8').trim().split('\n');
const rows = fs.createWriteStream(process.argv[3]);

log.setLevel(log.LEVELS.ERROR);
const crawler = new CheerioCrawler({
	minConcurrency: 32,
	maxConcurrency: 64,
	requestHandler: async ({ body }) => {
		for (const [, index, title, actor, time, whole, tenth] of body.toString().matchAll(pattern)) {
			rows.write(`${JSON.stringify({
				index, title, actor: actor.trim().slice(3), time: time.slice(5), score: whole + tenth,
			})}\n`);
		}
	},
}, new Configuration({ persistStorage: false }));
await crawler.run(urls);
rows.end();
