// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// What to call an application, by where it is.
enum ApplicationName {
    /// Folders that say what kind of files are in them, and not of what.
    private static let genericFolders: Set = [
        "k8s", "kubernetes", "kube", "deploy", "deployment", "deployments", "manifests", "manifest", "overlays", "base",
        "environments", "envs", "stages", "clusters", "config", "configs", "apps", "services", "workloads", "resources",
        "ops", "gitops", "yaml", "infra", "infrastructure",
    ]
    private static let genericWords: Set = [
        "deployment", "deploy", "service", "svc", "statefulset", "sts", "manifest", "manifests", "all", "app", "k8s",
        "resources", "objects",
    ]

    static func isGeneric(_ folder: String) -> Bool {
        [
            "k8s", "kubernetes", "kube", "deploy", "deployment", "deployments", "manifests", "manifest", "overlays",
            "base",
        ]
        .contains(folder)
    }

    /// A name that no other application has, short enough for each of its environments.
    static func unused(
        for group: ProposalBuilder.Group, repository: String, environments: [String], taken: inout Set<String>
    ) -> String {
        let longest = environments.map(\.utf8.count).max() ?? 0
        func fit(_ text: String) -> String { PipelineProposal.label(String(text.prefix(max(1, 50 - longest)))) }
        var candidates = words(of: group.path)
        if candidates.count > 1 { candidates.insert(candidates[1] + "-" + candidates[0], at: 1) }
        if let namespace = namespace(of: group) { candidates.append(namespace) }
        candidates += [PipelineProposal.label(repository), "application"]
        let fitting = candidates.map(fit).filter { !$0.isEmpty }
        var name = fitting.first { !taken.contains($0) } ?? "application"
        var number = 2
        while taken.contains(name) {
            name = fit("\(fitting.first ?? "application")") + "-\(number)"
            number += 1
        }
        taken.insert(name)
        return name
    }

    /// The telling parts of a path, the last first.
    private static func words(of path: String) -> [String] {
        path.split(separator: "/").reversed().compactMap { part in
            let part = String(part)
            guard part != EnvironmentPath.placeholder else { return nil }
            guard EnvironmentPath.isFile(part) else {
                return genericFolders.contains(part) ? nil : PipelineProposal.label(part)
            }
            let words = EnvironmentPath.words(EnvironmentPath.stem(part)).filter {
                $0 != EnvironmentPath.placeholder && !genericWords.contains($0.lowercased())
            }
            return words.isEmpty ? nil : PipelineProposal.label(words.joined(separator: "-"))
        }
    }

    /// `shop` of `shop-staging` and `shop-production`.
    private static func namespace(of group: ProposalBuilder.Group) -> String? {
        let names = group.units.compactMap { environment, unit -> String? in
            guard let namespace = ProposalBuilder.mostCommon(unit.manifests.map(\.id.namespace).filter { !$0.isEmpty })
            else { return nil }
            let words = namespace.split(separator: "-").filter { $0 != environment }
            return words.isEmpty ? namespace : words.joined(separator: "-")
        }
        return Set(names).count == 1 ? names.first : nil
    }
}
