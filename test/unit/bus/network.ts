import type { Bus } from "../../../mod.ts";
import { defineBus } from "../../../mod.ts";

/** A message on its way. */
export interface Parcel {
  readonly channel: string;
  /** JSON, as most networks carry it. */
  readonly text: string;
}

/** A bus whose messages are in the hands of the test. */
export interface Network {
  readonly bus: Bus;
  /** What was sent and is not delivered, oldest first. */
  readonly parcels: Parcel[];
  /** Hands messages to all who joined their channel, the sender among them. By default all that are there. */
  deliver(parcels?: readonly Parcel[]): void;
  /** The same for anything, on every channel. */
  inject(message: unknown): void;
  /** Tells all that messages may have been missed. */
  miss(): void;
  /** Channels that are joined now. */
  readonly joined: readonly string[];
  /** How often a channel was joined. */
  readonly opened: number;
  /** What happens at each send, and each open; by default nothing. */
  onSend: () => void | Promise<void>;
  onOpen: () => void;
}

interface Member {
  readonly channel: string;
  readonly receive: (message: unknown) => void;
  readonly missed: () => void;
}

/** Makes a {@linkcode Network}. */
export function network(): Network {
  const members = new Set<Member>();
  const parcels: Parcel[] = [];
  let opened = 0;
  const self: Network = {
    bus: defineBus({
      open(channel, receive, missed) {
        self.onOpen();
        opened++;
        const member = { channel, receive, missed };
        members.add(member);
        return {
          send(message) {
            if (!members.has(member)) throw new Error("Cannot send as the channel was left");
            const sent = self.onSend();
            parcels.push({ channel, text: JSON.stringify(message) });
            return sent;
          },
          close() {
            if (!members.delete(member)) throw new Error("Cannot leave the channel twice");
          },
        };
      },
    }),
    parcels,
    deliver(some = parcels.splice(0)) {
      for (const { channel, text } of some)
        for (const member of [...members]) if (member.channel === channel) member.receive(JSON.parse(text));
    },
    inject(message) {
      for (const { receive } of [...members]) receive(message);
    },
    miss() {
      for (const { missed } of [...members]) missed();
    },
    get joined() {
      return [...members].map(({ channel }) => channel);
    },
    get opened() {
      return opened;
    },
    onSend() {},
    onOpen() {},
  };
  return self;
}
