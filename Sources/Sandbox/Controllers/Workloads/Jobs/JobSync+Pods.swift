// SPDX-License-Identifier: Apache-2.0

import Manifests

/// As many pods as the Job is to have now.
extension JobSync {
    /// The most pods made or deleted in one pass.
    private static let burst = 500

    mutating func manage(random: inout any RandomNumberGenerator) {
        if isSuspended { return remove(excess(atLeast: active)) }
        let parallelism = job.int(at: "spec", "parallelism") ?? 1
        var wanted = succeeded > 0 ? active : parallelism
        if let completions = job.int(at: "spec", "completions") {
            wanted = max(0, min(parallelism, completions - succeeded))
        }
        let excess = excess(atLeast: max(0, active - wanted))
        if !excess.isEmpty { return remove(Array(excess.prefix(Self.burst))) }
        let missing = wanted - active - (job.replacesFailedPodsOnly ? terminating : 0)
        if missing > 0 { create(min(missing, Self.burst), random: &random) }
    }

    /// All that still run, when the end is decided. They stay held until they are counted.
    mutating func removeActive() {
        for pod in activePods { delete(pod) }
    }

    /// Pods that are not wanted any more are not counted as failed.
    private mutating func remove(_ pods: [Object]) {
        for pod in pods {
            result.release(pod)
            delete(pod)
        }
    }

    private mutating func delete(_ pod: Object) {
        result.delete(pod)
        result.event(job, "SuccessfulDelete", "Deleted pod: \(pod.name)")
        active -= 1
        terminating += 1
        if pod.isPodReady { ready -= 1 }
    }

    /// First those whose index another one has too, or that nobody asked for; then the least useful.
    private func excess(atLeast count: Int) -> [Object] {
        var excess: [Object] = []
        var others = activePods.sorted(by: Object.isLessUseful)
        if let indexes {
            var last: [Int: Int] = [:]
            for (position, pod) in others.enumerated() {
                if let index = indexes.index(of: pod), indexes.isValid(index) { last[index] = position }
            }
            let kept = Set(last.values)
            excess = others.indices.filter { !kept.contains($0) }.map { others[$0] }
            others = others.indices.filter(kept.contains).map { others[$0] }
        }
        return excess + others.prefix(max(0, count - excess.count))
    }

    private mutating func create(_ count: Int, random: inout any RandomNumberGenerator) {
        var free: [Int] = []
        if let indexes {
            let waiting = job.replacesFailedPodsOnly ? pods.filter { $0.isTerminating && !$0.isPodFinished } : []
            free = indexes.pending(count: count, besides: activePods + waiting)
        }
        if indexes?.limit != nil {
            let times = free.map { index in indexes?.held[index].flatMap { JobBackOff.end(of: $0, pace: pace) } ?? now }
            let due = zip(free, times).filter { $0.1 <= now }.map(\.0)
            if due.isEmpty, let first = times.min() { return wait(until: first) }
            free = due
        } else if let end = backOff.end(pace), end > now {
            return wait(until: end)
        }
        if let refusal = cluster.refusal(of: job), refusal.retryAt > now { return }
        var template = job.value(at: "spec", "template")?.object ?? Object()
        let finalizers = template["metadata"]?["finalizers"]?.array ?? []
        template.set(
            .array(finalizers + [.string(Object.jobTrackingFinalizer)]), at: "metadata", "finalizers")
        for number in 0..<(indexes == nil ? count : free.count) {
            let prefix = indexes == nil ? "\(job.name)-" : "\(job.name)-\(free[number])-"
            let name = GeneratedNames.generated(
                prefix, kind: .pod, namespace: job.namespace, in: cluster, random: &random)
            var pod = Object.pod(named: name, generateName: prefix, from: template, owner: job)
            indexes?.mark(&pod, index: free[number], of: job, failurePolicy: failurePolicy)
            result.changes.append(.create(pod))
            result.event(job, "SuccessfulCreate", "Created pod: \(name)")
            active += 1
        }
    }

    /// While it waits after a failure, the real controller says that no pod is active.
    private mutating func wait(until time: Timestamp) {
        result.wake(at: time)
        active = 0
    }
}
