// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The completion indexes of an Indexed Job (kubernetes, pkg/controller/job/indexed_job_utils.go).
struct JobIndexes {
    private static let key = "batch.kubernetes.io/job-completion-index"
    private static let failuresKey = "batch.kubernetes.io/job-index-failure-count"
    private static let ignoredKey = "batch.kubernetes.io/job-index-ignored-failure-count"

    let completions: Int
    /// How often each may fail; nil where only the Job counts.
    let limit: Int?
    private(set) var succeeded: IndexRanges
    /// Nil where indexes do not fail by themselves.
    private(set) var failed: IndexRanges?
    /// By index: the failed pod that stays until its replacement knows how often its index failed.
    private(set) var held: [Int: Object] = [:]

    /// Nil where the Job is not Indexed.
    init?(_ job: Object, pods: [Object], failurePolicy: PodFailurePolicy) {
        guard job.string(at: "spec", "completionMode") == "Indexed",
            let completions = job.int(at: "spec", "completions")
        else { return nil }
        self.completions = completions
        let limit = job.int(at: "spec", "backoffLimitPerIndex")
        self.limit = limit
        // Those of pods that are gone stay in the status.
        succeeded = IndexRanges(job.string(at: "status", "completedIndexes") ?? "", below: completions)
        let indexed = pods.compactMap { pod in Self.index(of: pod).map { (index: $0, pod: pod) } }
            .filter { $0.index < completions && $0.pod.isTrackedByJob }
        succeeded = succeeded.union(IndexRanges(indexed.filter { $0.pod.podPhase == "Succeeded" }.map(\.index)))
        guard let limit else { return }
        let lost = indexed.filter { $0.pod.isFailed(in: job) }
        let ended = lost.filter { _, pod in
            if failurePolicy.action(for: pod)?.kind == "FailIndex" { return true }
            return failurePolicy.counts(pod) && Self.failures(of: pod) >= limit
        }
        let failed = IndexRanges(job.string(at: "status", "failedIndexes") ?? "", below: completions)
            .union(IndexRanges(ended.map(\.index)))
        self.failed = failed
        let active = Set(pods.filter(\.isPodActive).compactMap(Self.index))
        for (index, pod) in lost
        where !succeeded.contains(index) && !failed.contains(index) && !active.contains(index) {
            func total(_ pod: Object) -> Int { Self.failures(of: pod) + Self.ignoredFailures(of: pod) }
            if let other = held[index], total(other) > total(pod) { continue }
            held[index] = pod
        }
    }

    func index(of pod: Object) -> Int? { Self.index(of: pod) }

    func isValid(_ index: Int?) -> Bool { index.map { $0 < completions } ?? false }

    private static func index(of pod: Object) -> Int? {
        pod.annotations[key]?.string.flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// How often the index failed before this pod.
    static func failures(of pod: Object) -> Int { count(pod, failuresKey) }

    static func ignoredFailures(of pod: Object) -> Int { count(pod, ignoredKey) }

    private static func count(_ pod: Object, _ key: String) -> Int {
        pod.annotations[key]?.string.flatMap { Int32($0) }.flatMap { $0 >= 0 ? Int($0) : nil } ?? 0
    }

    func ordered(_ pods: [Object]) -> [Object] {
        pods.enumerated()
            .sorted { (index(of: $0.element) ?? -1, $0.offset) < (index(of: $1.element) ?? -1, $1.offset) }
            .map(\.element)
    }

    /// The lowest that are neither done, nor failed, nor under way in `pods`.
    func pending(count: Int, besides pods: [Object]) -> [Int] {
        var taken = succeeded.union(IndexRanges(pods.compactMap(index)))
        if let failed { taken = taken.union(failed) }
        return taken.missing(count: count, below: completions)
    }

    /// The pod learns its index from a label, an annotation, its host name and its environment.
    func mark(_ pod: inout Object, index: Int, of job: Object, failurePolicy: PodFailurePolicy) {
        let key = Self.key
        let text = Value.string(String(index))
        pod.set(text, at: "metadata", "annotations", key)
        pod.set(text, at: "metadata", "labels", key)
        pod.set(.string("\(job.name)-\(index)"), at: "spec", "hostname")
        if limit != nil {
            var (failures, ignored) = (0, 0)
            if let last = held[index] {
                (failures, ignored) = (Self.failures(of: last), Self.ignoredFailures(of: last))
                if failurePolicy.counts(last) { failures += 1 } else { ignored += 1 }
            }
            pod.set(.string(String(failures)), at: "metadata", "annotations", Self.failuresKey)
            if ignored > 0 { pod.set(.string(String(ignored)), at: "metadata", "annotations", Self.ignoredKey) }
        }
        let variable: Value = [
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.labels['\(key)']")]],
        ]
        for field in ["initContainers", "containers"] where pod.value(at: "spec", field) != nil {
            let containers = pod.list(at: "spec", field).map { container -> Value in
                var container = container
                let env = container["env"]?.array ?? []
                guard !env.contains(where: { $0["name"] == "JOB_COMPLETION_INDEX" }) else { return .object(container) }
                container["env"] = .array(env + [variable])
                return .object(container)
            }
            pod.set(.array(containers), at: "spec", field)
        }
    }
}
