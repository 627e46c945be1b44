// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// What is to go wrong with an application of the new revision: `api=CrashLoopBackOff`, or `api/migrate=Error` for one
/// workload of it.
struct SimulatedFailure: Sendable, Hashable {
    enum Kind: String, CaseIterable, Sendable {
        case imagePull = "ImagePullBackOff"
        case crash = "CrashLoopBackOff"
        /// It runs, and its readiness probe never answers well.
        case unready = "Unready"
        /// A Job, or a container, that ends with an error.
        case error = "Error"
        /// Its image takes minutes to be pulled.
        case slow = "Slow"
        /// Its checks (`verify`) are answered with 503.
        case verify = "VerifyFailed"

        /// What the sandbox's node does with a pod that carries it.
        var fate: String? {
            switch self {
            case .imagePull: "missing"
            case .crash: "crash"
            case .unready: "unready"
            case .error: "fail"
            case .slow: "slow"
            case .verify: nil
            }
        }
    }

    var application: String
    /// The name of one of its workloads, as in git; nil for all but its Jobs, or its Jobs where it has nothing else.
    var workload: String?
    var kind: Kind

    /// Nil where the text has another form.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2,
            let kind = Kind.allCases.first(where: { $0.rawValue.lowercased() == parts[1].lowercased() })
        else { return nil }
        let names = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(application: names[0], workload: names.count == 2 ? names[1] : nil, kind: kind)
    }

    init(application: String, workload: String? = nil, kind: Kind) {
        self.application = application
        self.workload = workload
        self.kind = kind
    }

    static let expectation =
        "APPLICATION=HOW or APPLICATION/WORKLOAD=HOW, where HOW is one of "
        + Kind.allCases.map(\.rawValue).joined(separator: ", ")

    private static let runsOnce = GroupKind(group: "batch", kind: "Job")

    /// The manifests with the failure in them. Only what the new revision changes can fail anew.
    func injected(into manifests: [Manifest]) -> [Manifest] {
        guard let fate = kind.fate else { return manifests }
        let struck = struck(among: manifests)
        return manifests.map { manifest in
            guard struck.contains(manifest.id) else { return manifest }
            var changed = manifest
            let template =
                manifest.object.kind == "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"]
            let path =
                (manifest.object.kind == "Pod" ? [] : template) + [
                    "metadata", "annotations", "sandbox.mainstay.dev/fate",
                ]
            changed.object.set(.string(fate), at: path[...])
            return changed
        }
    }

    private func struck(among manifests: [Manifest]) -> Set<ObjectID> {
        let workloads = manifests.filter { $0.object.podSpecification != nil }
        guard let workload else {
            let lasting = workloads.filter { $0.id.groupKind != Self.runsOnce }
            return Set((lasting.isEmpty ? workloads : lasting).map(\.id))
        }
        return Set(
            workloads.filter { manifest in
                manifest.id.name == workload || Hook(of: manifest.object)?.base == workload
            }.map(\.id))
    }

    /// Nil where it strikes something of the pipeline's.
    func problem(in revision: SimulatedRevision) -> String? {
        let names = revision.pipeline.applications.map(\.name)
        guard let own = revision.pipeline.application(application) else {
            return "there is no application \"\(application)\"\(Suggestion.ending(for: application, among: names))"
        }
        if kind == .verify, own.verify.isEmpty {
            return "\(application) has no checks that could fail: its entry has no \"verify\""
        }
        guard kind != .verify else { return nil }
        let manifests = revision.desired.sorted { $0.key < $1.key }.filter { $0.key.application == application }
            .flatMap { (try? $0.value.get())?.manifests ?? [] }
        guard struck(among: manifests).isEmpty, !manifests.isEmpty else { return nil }
        let workloads = Set(
            manifests.filter { $0.object.podSpecification != nil }.map { Hook(of: $0.object)?.base ?? $0.id.name })
        return workload.map {
            "\(application) has no workload \"\($0)\"; it has \(workloads.sorted().joined(separator: ", "))"
        } ?? "\(application) has no workload that could fail"
    }
}
