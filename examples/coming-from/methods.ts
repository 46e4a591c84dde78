// cachu and cachka (Python) again: decorated methods, for which a runtime or a compiler must know standard decorators.
// Runs on: node20, bun, deno
import assert from "node:assert/strict";
import { cached, cachedMember, cachedSync, createCache } from "tiercel";

const cache = createCache({ ttl: "300s" });
let fetches = 0;

// cachu: methods of an instance, of a class, and static ones. What two objects keep is never mixed up.
class UserRepository {
  static readonly defaultUser = { id: 1, name: "Default" };
  readonly db: string;

  constructor(db: string) {
    this.db = db;
  }

  @cached(cache, { name: "UserRepository.getUser" })
  async getUser(id: number): Promise<string> {
    fetches++;
    return `${this.db}:${id}`;
  }

  @cached(cache, { name: "UserRepository.getDefaultUser" })
  static async getDefaultUser(): Promise<{ id: number; name: string }> {
    fetches++;
    return UserRepository.defaultUser;
  }

  @cachedSync({ instance: "shared" })
  static getGuest(): { id: number; name: string } {
    return { id: 0, name: "Guest" };
  }
}

const [main, archive] = [new UserRepository("main"), new UserRepository("archive")];
assert.equal(await main.getUser(1), "main:1");
assert.equal(await main.getUser(1), "main:1");
assert.equal(await archive.getUser(1), "archive:1");
assert.equal(fetches, 2);
assert.equal(await cachedMember(main, "getUser").invalidate(1), true);
assert.equal(await UserRepository.getDefaultUser(), await UserRepository.getDefaultUser());
assert.equal(fetches, 3);
assert.equal(UserRepository.getGuest(), UserRepository.getGuest());

// cachka: simplified_self_serialization=True keeps one result for all objects of the class.
class UserService {
  @cached(cache, { name: "UserService.getUser", instance: "shared" })
  async getUser(id: number): Promise<{ id: number; name: string }> {
    return this.fetchFromDb(id);
  }

  private async fetchFromDb(id: number): Promise<{ id: number; name: string }> {
    fetches++;
    return { id, name: `User ${id}` };
  }
}

assert.deepEqual(await new UserService().getUser(123), { id: 123, name: "User 123" });
assert.deepEqual(await new UserService().getUser(123), { id: 123, name: "User 123" });
assert.equal(fetches, 4);
await cache.close();
