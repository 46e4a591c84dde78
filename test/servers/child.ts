/** One server process: its output in a file, and its end together with that of the test process, however that ends. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";

export interface Child {
  readonly pid: number;
  readonly isAlive: boolean;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  /** Waits for the end of the process, and keeps this process alive until then. */
  untilEnd(): Promise<void>;
  /** Sends a signal. Nothing happens when the process has ended. */
  signal(signal: NodeJS.Signals): void;
}

/** What has to go when this process ends. */
const alive = new Map<number, string | undefined>();
let isGuarded = false;

/** Waits for the end of the test process, which closes its input, even on kill -9; a line says that all is well. */
const WATCH = `trap "" INT TERM HUP; read line; [ "$line" ] && exit; [ "$1" -gt 0 ] && kill -9 "$1"; [ "$2" ] && rm -rf "$2"`;

/**
 * @param options.folder working folder
 * @param options.log file that gets what the process prints
 * @param options.removed folder that is removed when the test process ends before the server
 */
export function startChild(
  program: string,
  args: string[],
  options: { folder: string; log: string; removed: string | undefined },
): Child {
  const log = openSync(options.log, "a");
  const child = spawn(program, args, { cwd: options.folder, stdio: ["ignore", log, log] });
  closeSync(log);
  const { pid = 0 } = child;
  let isAlive = pid !== 0;
  const watcher = spawn("/bin/sh", ["-c", WATCH, "sh", String(pid), options.removed ?? ""], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  // A test that forgets to stop its server must not hang.
  child.unref();
  watcher.unref();
  (watcher.stdin as unknown as { unref?(): void }).unref?.();
  watcher.stdin.on("error", () => {});
  if (isAlive) alive.set(pid, options.removed);
  guard();
  const watched = new Promise<void>((resolve) => {
    watcher.once("exit", () => resolve());
    watcher.once("error", () => resolve());
  });
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      isAlive = false;
      alive.delete(pid);
      watcher.stdin.end("ended\n");
      watched.then(resolve);
    };
    child.once("exit", end);
    child.once("error", end);
  });
  return {
    pid,
    ended,
    async untilEnd() {
      const timer = setInterval(() => {}, 1_000);
      await ended;
      clearInterval(timer);
    },
    get isAlive() {
      return isAlive;
    },
    signal(signal) {
      // Not child.kill: in Deno it takes one signal alone.
      if (isAlive) kill(pid, signal);
    },
  };
}

/** The end of a log, for messages. */
export function lastOutput(log: string): string {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  } catch {
    return "";
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, and the event is still to come.
  }
}

function guard(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.once("exit", () => {
    for (const [pid, folder] of alive) {
      kill(pid, "SIGKILL");
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
}
