// The account and the user, by the rules of the engine (`crates/engine/src/identity.rs`).

import { SIGN_IN_MS } from "../generated/contract.ts";
import type { Ids } from "../generated/core.d.ts";

/** Which of the two ids of an identity a call sets. */
export type Subject = "accountId" | "userId";

/** Which ids were unknown when an event was recorded, and the generation of the identity. */
export interface Missing {
  readonly account: boolean;
  readonly user: boolean;
  readonly generation: number;
}

/** What a change means for waiting events: the first account became known, an id was added, or an identity ended. */
export type IdentityChange = "accountKnown" | "extended" | "ended";

/** The ids that events carry. */
export class Identity {
  readonly ids: Pick<Ids, Subject | "moduleId" | "productId">;
  /** Increased when an identity ends that may have had an account. */
  generation = 0;
  readonly #changedAt: Record<Subject, number> = { accountId: -Infinity, userId: -Infinity };
  #hadAccount: boolean;

  constructor(accountId: string | undefined, userId: string | undefined) {
    this.ids = { accountId, userId, moduleId: undefined, productId: undefined };
    this.#hadAccount = accountId !== undefined;
  }

  /** Sets the account or the user. */
  set(subject: Subject, id: string | undefined, now: number): IdentityChange {
    const before = this.ids[subject];
    this.ids[subject] = id;
    this.#changedAt[subject] = now;
    if (!this.#hadAccount) {
      this.#hadAccount = this.ids.accountId !== undefined;
      return this.#hadAccount ? "accountKnown" : "extended";
    }
    if (before === undefined) return "extended";
    this.generation += 1;
    return "ended";
  }

  /** Forgets all ids, as on logout. */
  forget(): void {
    const { ids } = this;
    ids.accountId = ids.userId = ids.moduleId = ids.productId = undefined;
    this.#hadAccount = false;
    this.generation += 1;
  }

  /** Whether the first call of a sign-in was made recently, so that the second may follow. */
  isSigningIn(now: number): boolean {
    return this.#isRecent("accountId", now) || this.#isRecent("userId", now);
  }

  /** Whether a call that sets this id now is the second half of a sign-in. */
  isSecondHalf(subject: Subject, now: number): boolean {
    return this.#isRecent(subject === "userId" ? "accountId" : "userId", now);
  }

  /** When account and user are sure to belong together; `undefined` if they do now. */
  settlesAt(now: number): number | undefined {
    if (this.#isRecent("accountId", now) === this.#isRecent("userId", now)) return undefined;
    return Math.max(this.#changedAt.accountId, this.#changedAt.userId) + SIGN_IN_MS;
  }

  missing(): Missing {
    const { accountId, userId } = this.ids;
    return { account: accountId === undefined, user: userId === undefined, generation: this.generation };
  }

  #isRecent(subject: Subject, now: number): boolean {
    return now - this.#changedAt[subject] < SIGN_IN_MS;
  }
}
