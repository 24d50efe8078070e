// Does what a person does, in headless Chromium: node explore_page.mjs CHROMIUM PAGE WHAT [TEXT]; writes what is seen.
// WHAT: draw; type TEXT, or paste it; hear the file TEXT, or speak it into a microphone.
import { createRequire } from "node:module";

const [, , executablePath, page, what, text] = process.argv;
const { chromium } = createRequire(`${process.env.NODE_MODULES}/`)("playwright");
const spoken = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${text}`];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...(what === "speak" ? spoken : [])] });
const seen = { errors: [], asked: [] };
const tab = await browser.newPage({ viewport: { width: 375, height: 800 }, colorScheme: "dark" });
tab.on("pageerror", (error) => seen.errors.push(error.message));
tab.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
tab.on("request", (request) => request.url().startsWith("file:") || seen.asked.push(request.url()));
await tab.goto(`file://${page}`);
if (what === "draw") {
  const box = await tab.locator("#pad").boundingBox();
  await tab.mouse.move(box.x + box.width / 2, box.y + 0.2 * box.height);
  await tab.mouse.down();
  await tab.mouse.move(box.x + box.width / 2, box.y + 0.8 * box.height, { steps: 8 });
  await tab.mouse.up();
  seen.drawn = await tab.locator("#answer").textContent();
  await tab.locator("#pad").focus();
  await tab.keyboard.press("Delete");
  await tab.keyboard.press("Space");
  seen.typed = await tab.locator("#answer").textContent();
} else if (what === "hear") {
  await tab.locator("#file").setInputFiles(text);
  await tab.waitForFunction(() => document.querySelector("#answer").textContent);
} else if (what === "speak") {
  await tab.locator("#microphone").click();
  await tab.waitForFunction(() => /Recording: [1-9]/.test(document.querySelector("#said").textContent));
  await tab.locator("#microphone").click();
  await tab.waitForFunction(() => document.querySelector("#answer").textContent);
  seen.inputs = await tab.evaluate(() => given.inputs);
} else if (what === "paste") {
  const before = await tab.locator("#answer").textContent();
  await tab.locator("#text").fill(text);
  await tab.waitForFunction((old) => document.querySelector("#answer").textContent !== old, before);
} else {
  await tab.locator("#text").fill(text);
  await tab.waitForFunction((first) => document.querySelector("#steps .chip")?.textContent.startsWith(first), text[0].toLowerCase());
}
if (await tab.locator("#said").count()) seen.said = await tab.locator("#said").textContent();
seen.parts = await tab.locator(".part").allTextContents();
seen.drawn ??= await tab.locator("#bars svg").count();
seen.answer = await tab.locator("#answer").textContent();
await tab.locator("#holding select").first().selectOption("i");
seen.held = await tab.locator("#held").textContent();
await tab.locator("#maps canvas").first().focus();
await tab.keyboard.press("ArrowDown");
seen.reading = await tab.locator("#reading").textContent();
seen.maps = await tab.locator("#maps canvas").count();
seen.width = await tab.evaluate(() => document.documentElement.scrollWidth);
await browser.close();
console.log(JSON.stringify(seen));
