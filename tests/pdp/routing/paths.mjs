// How the URL class of browsers and Node.js reads paths: one a line, in hexadecimal; out comes the path decoded once, or -.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const raw = Buffer.from(line, "hex").toString("latin1");
  let told = "-";
  try {
    const read = new URL(raw, "http://h");
    told = read.host === "h" ? Buffer.from(decodeURIComponent(read.pathname)).toString("hex") : "-";
  } catch {
    // refused
  }
  console.log(told);
}
