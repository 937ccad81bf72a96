// What the tests share: one world, one browser; and where screenshots go.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export const here = { world: null, browser: null };

export async function shoot(page, name, fullPage = true) {
	const folder = process.env.LOOK;
	if (!folder)
		return;
	mkdirSync(folder, { recursive: true });
	await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}
