// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What the API server would take, and a rollout would not do well with: looked at in manifests by themselves.
package struct ManifestReview: Sendable {
    /// All that is deployed, of every application and environment.
    private let index: OrderIndex
    /// Namespaces in which operators may make Services and pods of their own.
    private let operated: Set<String>
    private let defined: Set<GroupKind>

    /// - Parameters:
    ///   - nodes: all that is deployed.
    ///   - definitions: further definitions of the repository.
    package init(nodes: [OrderNode], definitions: [Manifest] = []) {
        index = OrderIndex(nodes, .rollout)
        let built = Set(TypeTable.builtIn.kinds.map(\.groupKind))
        operated = Set(nodes.filter { !built.contains($0.manifest.id.groupKind) }.map(\.manifest.id.namespace))
        defined = Set(DefinitionSchemas.schemas(in: definitions + nodes.map(\.manifest)).keys.map(\.groupKind))
    }

    package func findings(on manifest: Manifest, of application: Application) -> [ReviewFinding] {
        kind(manifest) + images(manifest) + hook(manifest, application) + job(manifest) + service(manifest)
    }

    // MARK: Kinds

    private static let builtInGroups = Set(TypeTable.builtIn.kinds.map(\.group) + ["extensions"])

    /// What no server of the table's version has; and what cannot be looked at, since nothing here defines it.
    private func kind(_ manifest: Manifest) -> [ReviewFinding] {
        let kind = manifest.groupVersionKind
        guard TypeTable.builtIn.type(for: kind) == nil else { return [] }
        guard Self.builtInGroups.contains(kind.group) else {
            guard !defined.contains(kind.groupKind) else { return [] }
            return [
                ReviewFinding(
                    .note, manifest, "apiVersion",
                    "no CustomResourceDefinition of \(kind.groupKind) is in the repository: its fields are not checked, and its "
                        + "rollout waits until the cluster serves the kind")
            ]
        }
        let sameKind = TypeTable.builtIn.kinds.filter { $0.kind == kind.kind }
        let hint: String
        if let other = sameKind.first(where: { $0.group == kind.group }) ?? sameKind.first {
            hint = "; \(other.apiVersion) has it"
        } else {
            let group = TypeTable.builtIn.kinds.filter { $0.apiVersion == kind.apiVersion }
            hint = Suggestion.ending(for: kind.kind, among: group.map(\.kind))
        }
        return [
            ReviewFinding(
                .error, manifest, sameKind.isEmpty ? "kind" : "apiVersion",
                "Kubernetes 1.\(ManifestCheck.newestMinor) has no kind \(SafeText.quote(kind.kind, limit: 100)) in "
                    + "\(SafeText.quote(kind.apiVersion, limit: 100))\(hint)")
        ]
    }

    // MARK: Images

    /// Without a tag nobody can say what runs, and a rollback brings back the same name.
    private func images(_ manifest: Manifest) -> [ReviewFinding] {
        guard PodTemplate(of: manifest.object) != nil else { return [] }
        let base =
            switch manifest.object.kind {
            case "Pod": "spec"
            case "CronJob": "spec.jobTemplate.spec.template.spec"
            default: "spec.template.spec"
            }
        let spec = manifest.object.value(at: base.split(separator: ".").map(String.init))
        return ["initContainers", "containers"].flatMap { list in
            (spec?[list]?.array ?? []).enumerated().compactMap { number, container -> ReviewFinding? in
                guard let image = container["image"]?.string, !image.isEmpty else { return nil }
                let version = image.dropFirst(ImageName.withoutVersion(image).count)
                if version.hasPrefix(":"), ImageName.isPlaceholder(String(version.dropFirst())) {
                    return ReviewFinding(
                        .warning, manifest, "\(base).\(list)[\(number)].image",
                        "the image \(SafeText.quote(image)) has a placeholder for a tag, which no entry under \"images\" "
                            + "replaces: add one with a tag such as lastCommit"
                            + (version.contains("$") ? ", and write the placeholder without its $" : ""))
                }
                guard version.isEmpty || version == ":latest" else { return nil }
                let why = version.isEmpty ? "has no tag" : "is of the tag latest"
                return ReviewFinding(
                    .warning, manifest, "\(base).\(list)[\(number)].image",
                    "the image \(SafeText.quote(image)) \(why): what runs is whatever was pushed last, and a rollback does not "
                        + "bring back what ran; give it a tag, or an entry under \"images\"")
            }
        }
    }

    // MARK: Jobs

    private func hook(_ manifest: Manifest, _ application: Application) -> [ReviewFinding] {
        guard let hook = Hook(of: manifest.object), hook.phase != .during, hook.deadline == nil,
            manifest.id.groupKind == GroupKind(group: "batch", kind: "Job"),
            manifest.object.value(at: "spec", "activeDeadlineSeconds") == nil
        else { return [] }
        let minutes = max(1, application.timeout.milliseconds / 60_000)
        return [
            ReviewFinding(
                .warning, manifest, "metadata.annotations",
                "a hook (\(hook.phase.rawValue)) without a deadline: a run that hangs holds the rollout for \(minutes) min; say "
                    + "\(Hook.deadlineKey), {name, deadline} in the pipeline's hooks, or spec.activeDeadlineSeconds")
        ]
    }

    private func job(_ manifest: Manifest) -> [ReviewFinding] {
        guard manifest.id.groupKind == GroupKind(group: "batch", kind: "Job"),
            manifest.object.value(at: "spec", "ttlSecondsAfterFinished").map({ !$0.isNull }) == true
        else { return [] }
        return [
            ReviewFinding(
                .warning, manifest, "spec.ttlSecondsAfterFinished",
                "a Job that its TTL removes is made again, and runs again, by the next rollout of its application; leave the "
                    + "field out: finished runs are removed when they leave git")
        ]
    }

    // MARK: Services

    private func service(_ manifest: Manifest) -> [ReviewFinding] {
        guard manifest.id.groupKind == GroupKind(group: "", kind: "Service"),
            let selector = manifest.object.value(at: "spec", "selector")?.object, !selector.isEmpty,
            !operated.contains(manifest.id.namespace),
            index.workloads(in: manifest.id.namespace, matching: selector).isEmpty
        else { return [] }
        return [
            ReviewFinding(
                .warning, manifest, "spec.selector",
                "selects the pods of no workload in \(manifest.id.namespace) that is in git: nothing will answer behind it"
            )
        ]
    }
}
