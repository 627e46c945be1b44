// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The completion indexes of an Indexed Job (kubernetes, pkg/controller/job/indexed_job_utils.go).
struct JobIndexes {
    private static let key = "batch.kubernetes.io/job-completion-index"

    let completions: Int
    private(set) var succeeded: Set<Int>
    private let active: Set<Int>

    /// Nil where the Job is not Indexed.
    init?(_ job: Object, pods: [Object]) {
        guard job.string(at: "spec", "completionMode") == "Indexed",
            let completions = job.int(at: "spec", "completions")
        else { return nil }
        self.completions = completions
        func indexes(_ pods: [Object]) -> Set<Int> {
            Set(pods.compactMap { $0.annotations[Self.key]?.string.flatMap { Int($0) } })
        }
        // Those of pods that are gone stay in the status.
        let done = Self.parse(job.string(at: "status", "completedIndexes") ?? "")
        succeeded = indexes(pods.filter { $0.podPhase == "Succeeded" }).union(done).filter { $0 < completions }
        active = indexes(pods.filter { !$0.isPodFinished })
    }

    /// The lowest that are neither done nor under way.
    func free(count: Int) -> [Int] {
        var result: [Int] = []
        for index in 0..<completions where result.count < count {
            if !succeeded.contains(index), !active.contains(index) { result.append(index) }
        }
        return result
    }

    /// `0,2-4`; nil where none is done.
    var text: String? {
        var parts: [String] = []
        var start: Int?
        for index in 0...completions {
            if index < completions, succeeded.contains(index) {
                start = start ?? index
            } else if let first = start {
                parts.append(first == index - 1 ? "\(first)" : "\(first)-\(index - 1)")
                start = nil
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }

    private static func parse(_ text: String) -> Set<Int> {
        var result: Set<Int> = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let low = ends.first, let high = ends.last, low <= high else { continue }
            result.formUnion(low...high)
        }
        return result
    }

    /// The pod learns its index from a label, an annotation, its host name and its environment.
    static func mark(_ pod: inout Object, index: Int, of job: Object) {
        let text = Value.string(String(index))
        pod.set(text, at: "metadata", "annotations", key)
        pod.set(text, at: "metadata", "labels", key)
        pod.set(.string("\(job.name)-\(index)"), at: "spec", "hostname")
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
