// SPDX-License-Identifier: Apache-2.0

import Reconciler
import Testing

@Suite("Delays that double")
struct BackoffTests {
    @Test("From the first delay to the limit, each within its upper half")
    func doubles() {
        var (low, high) = (Backoff(), Backoff())
        let fulls = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30]
        for full in fulls {
            #expect(low.next(random: 0) == .seconds(full) * 0.5)
            let delay = high.next(random: 0.999)
            #expect(delay > .seconds(full) * 0.99 && delay <= .seconds(full))
        }
        for _ in 0..<5000 { _ = low.next(random: 1) }
        #expect(low.next(random: 1) == .seconds(30))
    }

    @Test("A server's Retry-After is a minimum, and a success begins anew")
    func minimum() {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(4))
        #expect(backoff.next(random: 1, atLeast: .seconds(9)) == .seconds(9))
        #expect(backoff.next(random: 1, atLeast: .milliseconds(1)) == .seconds(2))
        backoff.reset()
        #expect(backoff.next(random: 1) == .seconds(1))
    }
}
