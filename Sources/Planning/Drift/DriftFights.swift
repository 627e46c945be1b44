// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How often each difference was undone, and when it may be again: whoever changes a field back each time is given
/// longer and longer, and named, in place of a fight without end.
package struct DriftFights: Sendable {
    private struct Key: Hashable {
        var object: ObjectID
        var difference: String
    }

    private struct Fight {
        /// Times it was undone, one after the other.
        var rounds = 0
        var failures = 0
        var notBefore: Timestamp
        var last: Timestamp
        var problem: String?
    }

    /// What was quiet for so long is no fight any more.
    private static let memory = Duration.seconds(3600)
    private static let firstPause = Duration.seconds(2)
    private static let longestPause = Duration.seconds(600)

    private var fights: [Key: Fight] = [:]

    package init() {}

    /// When it may be undone; nil for at once.
    package func pause(of difference: DriftDifference, _ object: ObjectID, now: Timestamp) -> Timestamp? {
        guard let fight = fights[key(difference, object)], fight.notBefore > now else { return nil }
        return fight.notBefore
    }

    /// How often it was undone and came back.
    package func rounds(of difference: DriftDifference, _ object: ObjectID) -> Int {
        fights[key(difference, object)]?.rounds ?? 0
    }

    /// Why it could not be undone the last time.
    package func problem(of difference: DriftDifference, _ object: ObjectID) -> String? {
        fights[key(difference, object)]?.problem
    }

    package mutating func undid(_ differences: [DriftDifference], of object: ObjectID, now: Timestamp) {
        forgetOld(now)
        for difference in differences {
            var fight = fights[key(difference, object)] ?? Fight(notBefore: now, last: now)
            fight.rounds += 1
            fight.failures = 0
            fight.problem = nil
            fight.last = now
            fight.notBefore = now + Self.pause(after: fight.rounds)
            fights[key(difference, object)] = fight
        }
    }

    /// A mark keeps the object as it is: it is looked at again after a while.
    package mutating func leftAlone(_ differences: [DriftDifference], of object: ObjectID, now: Timestamp) {
        for difference in differences {
            var fight = fights[key(difference, object)] ?? Fight(notBefore: now, last: now)
            fight.last = now
            fight.notBefore = now + .seconds(60)
            fights[key(difference, object)] = fight
        }
    }

    package mutating func failed(
        _ differences: [DriftDifference], of object: ObjectID, because problem: String, now: Timestamp
    ) {
        for difference in differences {
            var fight = fights[key(difference, object)] ?? Fight(notBefore: now, last: now)
            fight.failures += 1
            fight.problem = problem
            fight.last = now
            fight.notBefore = now + Self.pause(after: fight.failures)
            fights[key(difference, object)] = fight
        }
    }

    private static func pause(after rounds: Int) -> Duration {
        min(firstPause * (1 << min(max(rounds - 1, 0), 16)), longestPause)
    }

    private mutating func forgetOld(_ now: Timestamp) {
        fights = fights.filter { now - $0.value.last < Self.memory }
    }

    private func key(_ difference: DriftDifference, _ object: ObjectID) -> Key {
        // By whom does not matter: two that take turns are one fight.
        let place = difference.path.isEmpty ? difference.signal.rawValue : difference.path.map(\.pathText).joined()
        return Key(object: object, difference: place)
    }
}
