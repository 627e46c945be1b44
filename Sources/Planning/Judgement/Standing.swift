// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How one object of a rollout stands: its health, and since when its new pods have which problem.
struct Standing: Sendable {
    /// What weighing needs to know of the rollout.
    struct Rules {
        var settings: JudgeSettings
        /// What the rollout applies itself: not there yet is then no one else's doing.
        var ownIDs: Set<ObjectID>
        /// Secrets that are to be made of these are waited for.
        var makers: Set<ObjectID> = []
    }

    /// A problem as its grace counts it: pods come and go, and kubelet alternates between words for one thing.
    private struct Ailment: Hashable {
        var container: String?
        var isInit: Bool
        var family: String
    }

    let judged: JudgedObject
    private var isObserved = false
    private var health: Health
    private var problems: [PodProblem] = []
    /// What last kept a Job's pod from its work: when its time is over, the pod goes with it.
    private var lastHeld: PodProblem?
    private var firstSeen: [Ailment: Timestamp] = [:]
    private var unwellSince: Timestamp?
    /// Restarts that containers of older pods had when they were first seen, by pod and container.
    private var earlierRestarts: [String: Int64] = [:]
    /// A Job that completed may be removed at once (`ttlSecondsAfterFinished`).
    private var completed = false
    /// The object, while time alone, or the end of a block, may change its health.
    private var pending: Object?
    private var isBlocked = false
    /// A progress deadline that passed before it ran while nothing could progress.
    private var blockEndedAt: Timestamp?

    /// What is dated before it is an earlier rollout's.
    private let baseline: Timestamp
    /// How it was before the rollout, where it was not well, and is not touched.
    private let earlier: EarlierState?

    init(_ judged: JudgedObject, baseline: Timestamp, earlier: EarlierState? = nil) {
        self.judged = judged
        self.baseline = baseline
        self.earlier = earlier
        health = Health(status: .unknown, reason: "NotObserved", message: "was not observed yet")
    }

    mutating func observe(_ observation: ObjectObservation, judgedBy rules: Rules, now: Timestamp) {
        isObserved = true
        take(observation, judgedBy: rules, now: now)
        noteBlock(judgedBy: rules, now: now)
    }

    private mutating func take(_ observation: ObjectObservation, judgedBy rules: Rules, now: Timestamp) {
        guard let object = observation.object else {
            pending = nil
            setProblems([], now: now)
            setHealth(
                completed
                    ? .healthy("Complete") : Health(status: .missing, reason: "Missing", message: "is not there"),
                now: now)
            return
        }
        evaluate(object, judgedBy: rules, now: now)
        // A watch may trail the apply: until its controller has seen it, the pods are the replaced revision's.
        let isStale = HealthRules.isStale(object, appliedGeneration: judged.appliedGeneration)
        setProblems(
            isStale
                ? []
                : PodDiagnosis.problems(of: object, replicaSets: observation.replicaSets, pods: observation.pods),
            now: now)
        guard judged.id.groupKind == GroupKind(group: "batch", kind: "Job") else { return }
        if !isFailed {
            let held = problems.first { $0.pod != nil && $0.reason != PodReader.unready }
            let pods = PodDiagnosis.newRevisionPods(of: object, replicaSets: [], pods: observation.pods)
            if held != nil || !pods.isEmpty { lastHeld = held }
        }
        // One that is on its way out is as it was.
        if object.metadata["deletionTimestamp"] == nil {
            completed = health.status == .healthy
        }
    }

    /// Nothing but another observation changes what is thought of it: of a thousand objects most are so, and are not
    /// weighed again at each judgement.
    var isAtRest: Bool { isDone && pending == nil && health.recheckAt == nil && !isBlocked }

    /// Looks again where the time has come to.
    mutating func recheck(judgedBy rules: Rules, now: Timestamp) {
        if let object = pending, let at = health.recheckAt, now >= at { evaluate(object, judgedBy: rules, now: now) }
        noteBlock(judgedBy: rules, now: now)
    }

    private mutating func noteBlock(judgedBy rules: Rules, now: Timestamp) {
        let wasBlocked = isBlocked
        isBlocked = if case .blocked = verdict(judgedBy: rules, now: now) { true } else { false }
        guard wasBlocked, !isBlocked else { return }
        blockEndedAt = now
        if let object = pending { evaluate(object, judgedBy: rules, now: now) }
    }

    private mutating func evaluate(_ object: Object, judgedBy rules: Rules, now: Timestamp) {
        setHealth(
            HealthRules.health(
                of: object, appliedGeneration: judged.appliedGeneration, appliedAt: judged.appliedAt,
                notBefore: max(baseline, blockEndedAt ?? baseline), expressions: rules.settings.health, now: now),
            now: now)
        pending = health.recheckAt == nil && !isPastDeadline ? nil : object
    }

    /// The one verdict of a controller that counts the time spent blocked.
    private var isPastDeadline: Bool { health.reason == HealthRules.progressDeadlineExceeded }

    private mutating func setHealth(_ new: Health, now: Timestamp) {
        if new.status != .degraded { unwellSince = nil } else if unwellSince == nil { unwellSince = now }
        health = new
    }

    private mutating func setProblems(_ new: [PodProblem], now: Timestamp) {
        var seen: [Ailment: Timestamp] = [:]
        for problem in new {
            let ailment = Self.ailment(of: problem)
            seen[ailment] = firstSeen[ailment] ?? now
            let place = Self.place(of: problem)
            // What an older pod went through before this rollout is not its doing.
            if earlierRestarts[place] == nil {
                earlierRestarts[place] = isOlderThanApply(problem) ? problem.restarts : 0
            }
        }
        // Kept while a container is well between two crashes; pods come and go, so it must not grow for ever.
        if earlierRestarts.count > 1000 {
            let places = Set(new.map(Self.place))
            earlierRestarts = earlierRestarts.filter { places.contains($0.key) }
        }
        firstSeen = seen
        problems = new
    }

    private func isOlderThanApply(_ problem: PodProblem) -> Bool {
        guard let created = problem.podCreatedAt else { return false }
        // Servers date to the second.
        return created.millisecondsSinceEpoch < baseline.millisecondsSinceEpoch / 1000 * 1000
    }

    private static func place(of problem: PodProblem) -> String { "\(problem.pod ?? "")/\(problem.container ?? "")" }

    private static func ailment(of problem: PodProblem) -> Ailment {
        Ailment(container: problem.container, isInit: problem.isInit, family: family(of: problem))
    }

    /// A word for what is one trouble, whatever kubelet calls it in turn.
    static func family(of problem: PodProblem) -> String {
        if imageReasons.contains(problem.reason) { return "image" }
        return problem.severity == .byCount ? "crash" : problem.reason
    }

    private static let imageReasons: Set = [
        "ImagePullBackOff", "ErrImagePull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
    ]
    private static let restartLimit: Int64 = 3

    // MARK: Weighing

    private enum Weight {
        /// From this moment on a failure; until then a block, or waited for.
        case failed(from: Timestamp, blockedUntilThen: Bool)
        case blocked
        case waiting
    }

    private func weight(of problem: PodProblem, judgedBy rules: Rules) -> Weight {
        let since = firstSeen[Self.ailment(of: problem)] ?? baseline
        if problem.blocks, problem.missing.map({ !rules.ownIDs.contains($0) }) ?? true { return .blocked }
        switch problem.severity {
        case .atOnce: return .failed(from: since, blockedUntilThen: false)
        case .afterGrace:
            if Self.imageReasons.contains(problem.reason), let image = problem.image,
                let wait = rules.settings.imageWaits[ImageName.withoutVersion(image)]
            {
                return .failed(from: since + max(wait, rules.settings.grace), blockedUntilThen: true)
            }
            return .failed(from: since + rules.settings.grace, blockedUntilThen: false)
        case .byCount:
            let restarts = problem.restarts - (earlierRestarts[Self.place(of: problem)] ?? 0)
            return restarts >= Self.restartLimit ? .failed(from: since, blockedUntilThen: false) : .waiting
        case .never: return .waiting
        }
    }

    /// Whether a rollout has to wait for it no longer. A suspended object is as the manifest, or a person, wants it.
    private var isDone: Bool {
        switch health.status {
        case .healthy: true
        case .suspended: health.reason != HealthRules.rolloutPaused
        default: isObserved && !health.gates
        }
    }

    private var isFailed: Bool { health.status == .degraded && health.severity == .atOnce }

    func verdict(judgedBy rules: Rules, now: Timestamp) -> Judgement {
        guard !isDone, !isAsBefore(now) else { return .healthy }
        if isFailed, !isPastDeadline { return .failed(cause(problems.first)) }
        var blocked: Cause?
        for problem in problems {
            switch weight(of: problem, judgedBy: rules) {
            case .failed(let from, let blockedUntilThen):
                if now >= from { return .failed(cause(problem)) }
                if blockedUntilThen { blocked = blocked ?? cause(problem) }
            case .blocked: blocked = blocked ?? cause(problem)
            case .waiting: break
            }
        }
        if let end = healthGraceEnd(rules), now >= end { return .failed(cause(nil)) }
        let isBlocked = health.reason == HealthRules.rolloutPaused || imageWait(rules) != nil
        if isBlocked || rules.makers.contains(judged.id) {
            blocked = blocked ?? cause(nil)
        }
        if let blocked { return .blocked(blocked) }
        return isFailed ? .failed(cause(problems.first)) : .waiting(cause(problems.first))
    }

    private func isAsBefore(_ now: Timestamp) -> Bool {
        guard let earlier, isObserved, !isDone, earlier.mayMendUntil.map({ now >= $0 }) ?? true else { return false }
        return earlier.isSame(as: health, problems.first)
    }

    private func healthGraceEnd(_ rules: Rules) -> Timestamp? {
        guard health.status == .degraded, health.severity == .afterGrace else { return nil }
        let grace = rules.settings.grace
        return unwellSince.map { $0 + max(imageWait(rules) ?? grace, grace) }
    }

    /// How long the image may be missing that its controller says it cannot have.
    private func imageWait(_ rules: Rules) -> Duration? {
        health.image.flatMap { rules.settings.imageWaits[ImageName.withoutVersion($0)] }
    }

    /// The moments at which time alone may change the verdict.
    func deadlines(judgedBy rules: Rules) -> [Timestamp] {
        var moments = [health.recheckAt].compactMap { $0 }
        guard !isDone else { return moments }
        if let end = healthGraceEnd(rules) { moments.append(end) }
        if let end = earlier?.mayMendUntil { moments.append(end) }
        for problem in problems {
            if case .failed(let from, _) = weight(of: problem, judgedBy: rules) { moments.append(from) }
        }
        return moments
    }

    /// The health as shown: pods that would fail a rollout make their workload degraded.
    func shownHealth(judgedBy rules: Rules, now: Timestamp) -> HealthStatus {
        if isDone, health.status != .degraded { return health.status == .suspended ? .suspended : .healthy }
        if isAsBefore(now) { return .degraded }
        switch verdict(judgedBy: rules, now: now) {
        case .failed: return .degraded
        // As before the deadline passed, which says nothing of what could not begin.
        case .blocked where isPastDeadline: return .progressing
        default: return health.status
        }
    }

    // MARK: Causes

    func note(_ now: Timestamp) -> String? {
        if isAsBefore(now) { return EarlierState.note(judged.id, currentCause) }
        guard isDone, health.status == .healthy || !health.gates, !health.message.isEmpty else { return nil }
        return "\(judged.id) \(health.message)"
    }

    var currentCause: Cause { cause(problems.first) }

    private func cause(_ problem: PodProblem?) -> Cause {
        guard let problem else {
            var cause = Cause(
                object: judged.id, reason: health.reason, message: health.message, image: health.image,
                exitCode: health.exitCode)
            if isFailed, let lastHeld {
                cause.message += "; before that, \(lastHeld.message)"
                cause.pod = lastHeld.pod
            }
            return cause
        }
        return Cause(
            object: judged.id, reason: problem.reason,
            message: health.message.isEmpty ? problem.message : "\(problem.message); \(health.message)",
            pod: problem.pod, container: problem.container, image: problem.image, exitCode: problem.exitCode)
    }
}
