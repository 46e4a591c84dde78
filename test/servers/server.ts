/** What all servers share: a port, a folder, readiness, and their end. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, lastOutput, startChild } from "./child.ts";
import { freePort } from "./ports.ts";

/** A server process that a test started. It ends with the test process at the latest. */
export interface Server {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Changes by `restart`. */
  readonly pid: number;
  /** Its working folder. */
  readonly folder: string;
  /** The last lines that it printed. */
  readonly output: string;
  /** Ends the process and removes its folder, unless that was given. May be called again. */
  stop(): Promise<void>;
  /** Sends a signal; SIGKILL, SIGTERM and SIGSTOP are waited for. SIGSTOP makes a server that hangs, SIGCONT ends that. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port, in the same folder, after ending the process if it runs. */
  restart(): Promise<void>;
}

/** How one kind of server is started. */
export interface ServerKind {
  readonly name: string;
  readonly program: string;
  args(port: number, folder: string): string[];
  /** Whether the process with this id answers at the port; errors mean not yet. */
  answers(port: number, pid: number): Promise<boolean>;
  /** A port that must be taken; a free one by default. */
  readonly port?: number | undefined;
  /** A folder that is kept; a temporary one by default. */
  readonly folder?: string | undefined;
  /** Whether it ends by SIGTERM, as one that has something to save; by SIGKILL otherwise, which takes no time. */
  readonly isOrderly?: boolean;
  /** Called with the folder before the first start. */
  prepare?(folder: string): void;
}

/** Milliseconds that a server has to answer. */
const START_LIMIT = 60_000;
/** Milliseconds that a server has to end in an orderly way. */
const STOP_LIMIT = 10_000;

/**
 * Starts a server and waits until it answers.
 *
 * @throws {Error} when there is no such program, and with the last output when it ends or does not answer within a minute
 */
export async function startServer(kind: ServerKind): Promise<Server> {
  if (!existsSync(kind.program)) throw new Error(`Cannot start ${kind.name}: there is no program ${kind.program}`);
  const folder = kind.folder ?? mkdtempSync(join(tmpdir(), `tiercel-${kind.name}-`));
  mkdirSync(folder, { recursive: true });
  const log = join(folder, `${kind.name}.log`);
  const removeFolder = () => {
    if (kind.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const start = async (port: number) => {
    const child = startChild(kind.program, kind.args(port, folder), {
      folder,
      log,
      removed: kind.folder === undefined ? folder : undefined,
    });
    try {
      await untilAnswer(kind, port, child, log);
      return child;
    } catch (error) {
      child.signal("SIGKILL");
      await child.untilEnd();
      throw error;
    }
  };
  let port = 0;
  let child: Child | undefined;
  try {
    kind.prepare?.(folder);
    for (let attempt = 1; child === undefined; attempt++) {
      port = kind.port ?? (await freePort());
      child = await start(port).catch((error) => {
        // Somebody else may have taken the port since it was found free.
        if (kind.port !== undefined || attempt === 3 || !/in use/i.test(String(error))) throw error;
        return undefined;
      });
    }
  } catch (error) {
    removeFolder();
    throw error;
  }
  let running: Child = child;
  return {
    port,
    folder,
    get pid() {
      return running.pid;
    },
    get output() {
      return lastOutput(log);
    },
    async stop() {
      await end(running, kind.isOrderly);
      removeFolder();
    },
    async kill(signal = "SIGKILL") {
      running.signal(signal);
      if (signal === "SIGKILL" || signal === "SIGTERM") await running.untilEnd();
      if (signal === "SIGSTOP") await untilStopped(running);
    },
    async restart() {
      await end(running, kind.isOrderly);
      mkdirSync(folder, { recursive: true });
      running = await start(port);
    },
  };
}

async function untilAnswer(kind: ServerKind, port: number, child: Child, log: string): Promise<void> {
  const limit = Date.now() + START_LIMIT;
  for (let pause = 5; Date.now() < limit && child.isAlive; pause = Math.min(100, pause * 1.5)) {
    const isReady = await Promise.race([
      kind.answers(port, child.pid).catch(() => false),
      child.ended.then(() => false),
      sleep(10_000, false, { ref: false }),
    ]);
    // The process itself is asked about, as another one may answer at a port that was lost to it.
    if (isReady && child.isAlive) return;
    await sleep(pause);
  }
  const fault = child.isAlive ? `did not answer within ${START_LIMIT / 1_000} s` : "ended at its start";
  throw new Error(`${kind.name} at port ${port} ${fault}: ${lastOutput(log) || `no output of ${kind.program}`}`);
}

/** Ends when a process has stopped, where the system tells of that. */
async function untilStopped({ pid }: Child): Promise<void> {
  const state = () => {
    try {
      return /.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
    } catch {
      return "T";
    }
  };
  for (const limit = Date.now() + STOP_LIMIT; state() !== "T" && Date.now() < limit; ) await sleep(1);
}

async function end(child: Child, isOrderly = false): Promise<void> {
  // A stopped process would not see the other signal.
  if (isOrderly) child.signal("SIGCONT");
  child.signal(isOrderly ? "SIGTERM" : "SIGKILL");
  const timer = setTimeout(() => child.signal("SIGKILL"), STOP_LIMIT);
  await child.untilEnd();
  clearTimeout(timer);
}
