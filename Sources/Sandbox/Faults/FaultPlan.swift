// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The rules in force, and what they make of a request: a value that decides from rules, request and random numbers.
/// `SandboxCluster` carries the decisions out.
struct FaultPlan: Sendable {
    static let ruleLimit = 1000

    struct Entry: Sendable {
        var rule: FaultRule
        /// How many requests it has struck.
        var struck = 0
        fileprivate var number: UInt64
        /// Its own, so that what one rule draws does not shift what others get.
        fileprivate var random: SplitMix64

        fileprivate var isSpent: Bool { rule.times.map { struck >= $0 } ?? false }
    }

    private(set) var entries: [Entry] = []
    private var added: UInt64 = 0
    /// Setting it begins all random numbers anew.
    var seed: UInt64 {
        didSet { for index in entries.indices { entries[index].random = random(entries[index].number) } }
    }

    init(seed: UInt64) { self.seed = seed }

    var isEmpty: Bool { entries.isEmpty }
    var needsObject: Bool { entries.contains { $0.rule.match.needsObject } }

    /// - Throws: where the id is taken, or there are too many.
    mutating func add(_ rule: FaultRule) throws(FaultRefusal) -> FaultRule {
        guard entries.count < Self.ruleLimit else {
            throw FaultRefusal(message: "there are \(Self.ruleLimit) faults, which is the most; remove some", field: "")
        }
        added += 1
        var rule = rule
        if rule.id.isEmpty { rule.id = String(added) }
        guard entry(rule.id) == nil else {
            throw FaultRefusal(message: "there is a fault \"\(rule.id)\" already; remove it first", field: "id")
        }
        entries.append(Entry(rule: rule, number: added, random: random(added)))
        return rule
    }

    mutating func remove(_ id: String) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.rule.id == id }) else { return nil }
        return entries.remove(at: index)
    }

    func entry(_ id: String) -> Entry? { entries.first { $0.rule.id == id } }

    /// What happens to a request on its way in and out. Rules are asked in order, and what they do adds up, to the
    /// first that answers in the server's place.
    mutating func decide(_ request: FaultRequest) -> FaultDecision {
        var decision = FaultDecision()
        for index in entries.indices {
            switch entries[index].rule.effect {
            case .latency(let range):
                if strike(index, request) { decision.delay += entries[index].draw(range) }
            case .stale(let revisions):
                if request.isRead, strike(index, request) { decision.stale = max(decision.stale, revisions) }
            case .watch(let fault):
                if request.isWatch, strike(index, request) {
                    decision.watch.append(WatchOutput.Laid(rule: entries[index].rule.id, fault: fault))
                }
            case .error(let error, let moment):
                if strike(index, request) { decision.end = .error(error, moment) }
            case .reset(let reset):
                if strike(index, request) { decision.end = .reset(reset) }
            case .hang(let moment):
                if strike(index, request) { decision.end = .hang(moment) }
            case .mutate, .deny, .finalizer: continue
            }
            if decision.end != nil { break }
        }
        return decision
    }

    /// What webhooks do to a write, in order.
    mutating func admit(_ request: FaultRequest) -> [FaultEffect] {
        var effects: [FaultEffect] = []
        for index in entries.indices {
            let effect = entries[index].rule.effect
            // As a webhook for an object is not asked about its subresources, so neither is a fault that names none.
            let isOnObject = request.resource?.subresource.isEmpty ?? true
            guard effect.isAdmission(of: request), isOnObject || !entries[index].rule.match.subresource.isEmpty,
                strike(index, request)
            else { continue }
            effects.append(effect)
            if case .deny = effect { break }
        }
        return effects
    }

    /// What a rule does to a watch that was open before it.
    mutating func lay(_ id: String, on watch: FaultRequest) -> WatchOutput.Laid? {
        guard let index = entries.firstIndex(where: { $0.rule.id == id }),
            case .watch(let fault) = entries[index].rule.effect, strike(index, watch)
        else { return nil }
        return WatchOutput.Laid(rule: id, fault: fault)
    }

    private mutating func strike(_ index: Int, _ request: FaultRequest) -> Bool {
        guard !entries[index].isSpent, entries[index].rule.match.matches(request), entries[index].happens() else {
            return false
        }
        entries[index].struck += 1
        return true
    }

    private func random(_ number: UInt64) -> SplitMix64 {
        var mixer = SplitMix64(seed: seed)
        return SplitMix64(seed: mixer.next() &+ number &* 0x9E37_79B9_7F4A_7C15)
    }
}

extension FaultPlan.Entry {
    fileprivate mutating func happens() -> Bool {
        guard rule.probability < 1 else { return true }
        return Double.random(in: 0..<1, using: &random) < rule.probability
    }

    fileprivate mutating func draw(_ range: ClosedRange<Duration>) -> Duration {
        guard range.lowerBound < range.upperBound else { return range.lowerBound }
        return .milliseconds(
            Int64.random(in: range.lowerBound.milliseconds...range.upperBound.milliseconds, using: &random))
    }
}

extension FaultEffect {
    fileprivate func isAdmission(of request: FaultRequest) -> Bool {
        let isCreate = request.verbs.contains("create")
        let isDelete = request.verbs.contains("delete")
        return switch self {
        case .mutate: !isDelete
        case .deny: true
        case .finalizer(let finalizer): finalizer.occasion == .create ? isCreate : isDelete
        default: false
        }
    }
}

/// What happens to one request.
struct FaultDecision: Sendable, Equatable {
    /// What is answered in the server's place.
    enum End: Sendable, Equatable {
        case error(FaultError, FaultEffect.Moment)
        case reset(FaultEffect.Reset)
        case hang(FaultEffect.Moment)
    }

    var delay = Duration.zero
    /// Revisions behind.
    var stale = 0
    var watch: [WatchOutput.Laid] = []
    var end: End?
}

/// Why a fault was not taken.
package struct FaultRefusal: Error, Sendable, CustomStringConvertible {
    package var message: String
    package var field: String

    package var description: String { field.isEmpty ? message : "\(field): \(message)" }
}
