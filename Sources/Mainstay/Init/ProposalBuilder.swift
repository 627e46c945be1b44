// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// Makes a proposal of what a repository holds.
struct ProposalBuilder {
    /// Units that differ in nothing but the environment in their path.
    struct Group {
        /// With `{environment}`, where it is of several.
        var path: String
        var units: [(environment: String, unit: DeployableUnits.Unit)]

        var manifests: [Manifest] { units.flatMap(\.unit.manifests) }
    }

    private let scan: RepositoryScan
    private let units: DeployableUnits
    /// What the repository is called.
    private let name: String
    private var proposal = PipelineProposal()
    /// With the namespaces that their environments give them.
    private var allManifests: [Manifest] = []

    /// - Parameter name: of the repository's folder.
    /// - Throws: `FileTreeError` where the tree cannot be read.
    static func proposal(of tree: any FileTree, name: String) throws -> PipelineProposal {
        let scan = try RepositoryScan(tree)
        var builder = ProposalBuilder(
            scan: scan, units: DeployableUnits(scan: scan, tree: tree), name: name)
        builder.build()
        return builder.proposal
    }

    private init(scan: RepositoryScan, units: DeployableUnits, name: String) {
        self.scan = scan
        self.units = units
        self.name = name
    }

    private mutating func build() {
        let groups = groups()
        addEnvironments(groups)
        addApplications(groups)
        allManifests = placed(groups)
        addRemarks()
        let manifests = groups.flatMap(\.manifests)
        proposal.namespaces = Set(
            proposal.environments.filter { !$0.isLocal }.map(\.namespace) + deployed(groups).map(\.id.namespace)
        ).filter { !$0.isEmpty }.sorted()
        let defined = ScopeTable.clusterScopedKinds(declaredIn: manifests)
        proposal.listedKinds = Set(
            deployed(groups).map(\.id.groupKind).filter { kind in
                ScopeTable.isClusterScoped(kind) || defined.contains(kind) || kind.group == "rbac.authorization.k8s.io"
            }.map(\.kind)
        ).sorted()
    }

    private func deployed(_ groups: [Group]) -> [Manifest] {
        let local = Set(proposal.environments.filter(\.isLocal).map(\.name))
        return groups.flatMap(\.units).filter { !local.contains($0.environment) }.flatMap(\.unit.manifests)
    }

    private func placed(_ groups: [Group]) -> [Manifest] {
        groups.flatMap(\.units).flatMap { environment, unit in
            let namespace = proposal.environments.first { $0.name == environment }?.namespace ?? ""
            return unit.manifests.map { manifest in
                guard manifest.object.namespace.isEmpty, !ScopeTable.isClusterScoped(manifest.id.groupKind) else {
                    return manifest
                }
                var placed = manifest
                placed.object.set(.string(namespace), at: "metadata", "namespace")
                return placed
            }
        }
    }

    // MARK: Groups

    private mutating func groups() -> [Group] {
        let certain = Set(units.units.compactMap(\.place).filter(\.isCertain).map(\.environment))
        var groups: [String: Group] = [:]
        var shared: [DeployableUnits.Unit] = []
        for unit in units.units {
            // A word that may mean something else counts beside one that does not.
            guard let place = unit.place,
                place.isCertain
                    || units.units.contains(where: {
                        $0.place?.template == place.template && $0.place?.isCertain == true
                    })
            else {
                shared.append(unit)
                continue
            }
            groups[place.template, default: Group(path: place.template, units: [])].units
                .append((place.environment, unit))
        }
        var found = groups.values.sorted { $0.path < $1.path }
        for unit in shared { found.append(group(of: unit, beside: found, certain)) }
        return found.sorted { ($0.path, $0.units.count) < ($1.path, $1.units.count) }
    }

    /// What names no environment is in that of its namespace, in all of its neighbours', or in one of its own.
    private func group(of unit: DeployableUnits.Unit, beside groups: [Group], _ environments: Set<String>) -> Group {
        let stated = unit.namespaces
        if stated.isEmpty, EnvironmentPath.isFile(unit.path) {
            let folder = unit.path.split(separator: "/").dropLast().joined(separator: "/")
            let neighbours = groups.filter { $0.path.split(separator: "/").dropLast().joined(separator: "/") == folder }
            let theirs = Set(neighbours.flatMap { $0.units.map(\.environment) })
            if !theirs.isEmpty { return Group(path: unit.path, units: theirs.sorted().map { ($0, unit) }) }
        }
        let namespace = Self.mostCommon(unit.manifests.map(\.id.namespace).filter { !$0.isEmpty })
        if let namespace {
            for group in groups {
                if let match = group.units.first(where: { $0.unit.namespaces == [namespace] }) {
                    return Group(path: unit.path, units: [(match.environment, unit)])
                }
            }
        }
        let folder = unit.path.split(separator: "/").map(String.init).filter { !EnvironmentPath.isFile($0) }
            .last { !ApplicationName.isGeneric($0) }
        let isOfCluster = unit.manifests.allSatisfy { ScopeTable.isClusterScoped($0.id.groupKind) }
        var name = PipelineProposal.label(
            namespace ?? (isOfCluster ? "cluster" : EnvironmentPath.isFile(unit.path) ? folder ?? "default" : "default")
        )
        if name.isEmpty { name = "default" }
        return Group(path: unit.path, units: [(name, unit)])
    }

    static func mostCommon(_ texts: [String]) -> String? {
        let counts = Dictionary(grouping: texts, by: \.self).mapValues(\.count)
        return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }

    // MARK: Environments

    private mutating func addEnvironments(_ groups: [Group]) {
        var stated: [String: [String]] = [:]
        for group in groups {
            for (environment, unit) in group.units {
                stated[environment, default: []] += unit.manifests.map(\.id.namespace).filter { !$0.isEmpty }
            }
        }
        let ladder = EnvironmentPath.ladder
        let names = stated.keys.sorted { left, right in
            // What is shared is there first.
            let places = [left, right].map { ladder.firstIndex(of: $0).map { $0 + 1 } ?? 0 }
            return (places[0], left) < (places[1], right)
        }
        for name in names {
            let namespace = Self.mostCommon(stated[name] ?? [])
            proposal.environments.append(
                PipelineProposal.Environment(
                    name: name, namespace: namespace ?? (name == "cluster" ? "default" : name),
                    isNamespaceGuessed: namespace == nil, isLocal: name == "local"))
        }
        for (first, second) in [("prod", "production"), ("stage", "staging"), ("dev", "development")]
        where names.contains(first) && names.contains(second) {
            proposal.remarks.append(
                "\(first) and \(second) are taken for two environments, as the paths have them; are they one?")
        }
    }

    // MARK: Applications

    private mutating func addApplications(_ groups: [Group]) {
        let order = proposal.environments.map(\.name)
        let local = Set(proposal.environments.filter(\.isLocal).map(\.name))
        var taken: Set<String> = []
        var namesByPath: [String: String] = [:]
        let images = groups.flatMap(\.manifests).flatMap { ApplicationContents.containers(of: $0.object) }
            .compactMap { $0["image"]?.string }
        let folders = ImageFolders(scan: scan, project: self.name, images: images)
        for group in groups {
            let environments = order.filter { name in
                !local.contains(name) && group.units.contains { $0.environment == name }
            }
            for (environment, unit) in group.units where unit.problem != nil {
                proposal.remarks.append("\(unit.path) (\(environment)) cannot be built: \(unit.problem ?? "")")
            }
            guard !environments.isEmpty else { continue }
            let name = ApplicationName.unused(
                for: group, repository: name, environments: order, taken: &taken)
            namesByPath[group.path] = name
            let kept = group.units.filter { !local.contains($0.environment) }
            let contents = ApplicationContents(
                units: kept.map { ($0.environment, $0.unit.manifests) }, folders: folders,
                environments: order)
            // A path with a placeholder is filled in for each; one environment's own needs none.
            let path = group.units.count == 1 ? group.units[0].unit.path : group.path
            proposal.applications.append(
                PipelineProposal.Application(
                    name: name, environments: environments, path: path.isEmpty ? "." : path,
                    summary: contents.summary, images: contents.images, checks: contents.checks,
                    hooks: contents.hooks))
            proposal.remarks += contents.remarks.map { "\(name): \($0)" }
        }
        addDependencies(groups, namesByPath)
    }

    /// What an address in a Secret leads to is not found by itself.
    private mutating func addDependencies(_ groups: [Group], _ names: [String: String]) {
        for group in groups {
            guard let name = names[group.path],
                let place = proposal.applications.firstIndex(where: { $0.name == name })
            else { continue }
            for need in SecretAddress.needs(of: group.manifests) {
                let providers = groups.filter {
                    $0.path != group.path && names[$0.path] != nil && need.family.isProvided(by: $0.manifests)
                }.compactMap { names[$0.path] }
                guard providers.count == 1, let provider = providers.first,
                    !proposal.applications[place].dependsOn.contains(where: { $0.name == provider }),
                    !group.manifests.contains(where: { need.family.isProvided(by: [$0]) })
                else { continue }
                proposal.applications[place].dependsOn.append((provider, need.variable))
            }
        }
    }

    // MARK: Remarks

    private mutating func addRemarks() {
        for environment in proposal.environments where environment.isNamespaceGuessed && !environment.isLocal {
            proposal.remarks.append(
                "no manifest of \(environment.name) states a namespace; \(environment.namespace) is a guess")
        }
        for chart in scan.charts {
            proposal.remarks.append(
                "\(chart.isEmpty ? "the root" : chart) is a Helm chart, which is not rendered here: render it into the repository"
            )
        }
        for (folder, files) in units.leftOut {
            proposal.remarks.append(
                "\(folder) was left out as tests or examples (\(files) file\(files == 1 ? "" : "s") of manifests)")
        }
        for (path, why) in scan.unreadable.prefix(20) {
            proposal.remarks.append(
                "\(path) could not be read: \(why.hasPrefix(path) ? String(why.dropFirst(path.count).drop { $0 == ":" || $0 == " " }) : why)"
            )
        }
        if scan.isCut { proposal.remarks.append("the repository is larger than what was looked at") }
        addMissing()
    }
    /// What somebody makes outside of git is waited for.
    private mutating func addMissing() {
        let local = Set(proposal.environments.filter(\.isLocal).map(\.namespace))
        let made = Set(allManifests.map(\.id)).union(allManifests.madeSecrets)
        let missing = ExternalReference.all(in: allManifests) { made.contains($0) || local.contains($0.namespace) }
        let secrets = missing.map(\.object).filter { !$0.namespace.isEmpty }
        guard !secrets.isEmpty else { return }
        let named = secrets.prefix(10).map(\.description).joined(separator: ", ")
        let more = secrets.count > 10 ? " and \(secrets.count - 10) more" : ""
        proposal.remarks.append("in no manifest, so that rollouts wait until they are in the cluster: \(named)\(more)")
    }
}
