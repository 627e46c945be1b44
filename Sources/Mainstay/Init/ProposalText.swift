// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// A proposal as the file that people read through and merge: what is sure stands there, what is to choose from in comments.
struct ProposalText {
    let proposal: PipelineProposal

    var text: String {
        var lines = [
            "# Proposed by `mainstay init` from what the repository holds. Nothing is deployed before it is merged.",
            "#",
            "# In comments is what only you can decide: policy, and checks. Then:",
            "#   mainstay validate    what is wrong, with file and line",
            "#   mainstay graph       what waits for what, and why",
            "#   mainstay simulate    how a rollout goes, in a cluster in memory",
            "apiVersion: mainstay.dev/v1", "kind: Pipeline", "", "environments:",
        ]
        for environment in proposal.environments { lines += self.environment(environment) }
        lines += ["", "applications:"]
        for (number, application) in proposal.applications.enumerated() {
            if number > 0 { lines.append("") }
            lines += self.application(application)
        }
        if !proposal.remarks.isEmpty {
            lines += ["", "# What could not be decided, or needs a look:"]
            for remark in proposal.remarks {
                let wrapped = Self.wrapped(remark.withoutControls)
                lines += wrapped.enumerated().map { $0.offset == 0 ? "# - \($0.element)" : "#   \($0.element)" }
            }
        }
        lines += allowed
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Environments

    private func environment(_ environment: PipelineProposal.Environment) -> [String] {
        let name = "name: \(Self.scalar(environment.name))"
        let namespace = "namespace: \(Self.scalar(environment.namespace))"
        guard !environment.isLocal else {
            return [
                "# A developer's own, by its name; to deploy it, add it to its applications as well.", "# - \(name)",
                "#   \(namespace)",
            ]
        }
        var lines = [
            "- \(name)", "  \(namespace)" + (environment.isNamespaceGuessed ? "    # no manifest states one" : ""),
        ]
        let isProduction = ["prod", "production", "live"].contains(environment.name)
        guard isProduction else {
            if EnvironmentPath.ladder.contains(environment.name) {
                lines.append("  # branch: develop                      # where another branch is deployed here")
            }
            return lines
        }
        lines += [
            "  # As it stands, a merge is deployed to \(environment.name) at once. Any of these holds it back:",
            "  # deploy: confirm                      # somebody types the phrase; or: manual",
            "  # confirmPhrase: deploy-to-\(environment.name)",
        ]
        let before = proposal.environments.filter {
            !$0.isLocal && $0.name != environment.name && EnvironmentPath.ladder.contains($0.name)
        }.last { other in
            proposal.applications.contains { Set([other.name, environment.name]).isSubset(of: $0.environments) }
        }
        if let before {
            lines.append("  # requires: [{environment: \(before.name), healthyFor: 1h}]")
        }
        lines += [
            "  # approvals: {count: 1, groups: [leads]}",
            "  # windows: [{kind: allow, schedule: \"0 9 * * 1-5\", duration: 8h, timeZone: UTC}]",
        ]
        return lines
    }

    // MARK: Applications

    private func application(_ application: PipelineProposal.Application) -> [String] {
        var lines: [String] = []
        if !application.summary.isEmpty { lines.append("# \(application.summary)") }
        lines += [
            "- name: \(Self.scalar(application.name))",
            "  environments: [\(application.environments.map(Self.scalar).joined(separator: ", "))]",
            "  path: \(Self.scalar(application.path))",
        ]
        let sure = application.images.filter { $0.folder != nil && $0.isOpen }
        let unsure = application.images.filter { $0.folder != nil && !$0.isOpen }
        if !sure.isEmpty {
            lines.append("  images:")
            lines += sure.flatMap(image).map { "  \($0)" }
        }
        if !unsure.isEmpty {
            lines.append("  # Built here, and of a version that the manifests state. To have it follow the commits:")
            if sure.isEmpty { lines.append("  # images:") }
            lines += unsure.flatMap(image).map { "  # \($0)" }
        }
        if let variable = application.dependsOn.first?.variable {
            let names = application.dependsOn.map { Self.scalar($0.name) }.joined(separator: ", ")
            lines.append("  dependsOn: [\(names)]    # \(variable) is in a Secret, which is not read for addresses")
        }
        if !application.hooks.isEmpty {
            lines += [
                "  # Jobs whose names say that they run before the workloads change; in this order, once a revision. A database",
                "  # of this application that they name by its address comes first, as long as it is not in the cluster:",
                "  # hooks: {before: [\(application.hooks.map(Self.scalar).joined(separator: ", "))]}",
            ]
        }
        if !application.checks.isEmpty {
            lines.append(
                "  # Asked once all is ready; a wrong answer takes the rollout back. From the readiness probes:")
            lines.append("  # verify:")
            lines += application.checks.map { check in
                let address = check.port.map { "service: \(check.service), port: \($0)" } ?? "knative: \(check.service)"
                let headers = check.send.map { "\(Self.flow($0.name)): \(Self.flow($0.value))" }
                let send = headers.isEmpty ? "" : ", send: {\(headers.joined(separator: ", "))}"
                return "  # - http: {\(address), path: \(Self.flow(check.path))\(send), within: 60s}"
            }
        }
        return lines
    }

    private func image(_ image: PipelineProposal.Image) -> [String] {
        [
            "- name: \(Self.scalar(image.name))", "  tag: lastCommit",
            "  from: \(Self.scalar(image.folder ?? ""))",
        ]
    }

    // MARK: The daemon's side

    private var allowed: [String] {
        guard !proposal.namespaces.isEmpty else { return [] }
        var lines = [
            "", "# The daemon's own configuration has to allow what this deploys:", "#   allow:",
            "#     namespaces: [\(proposal.namespaces.map(Self.scalar).joined(separator: ", "))]",
        ]
        if !proposal.listedKinds.isEmpty {
            lines.append("#     kinds: [\(proposal.listedKinds.map(Self.scalar).joined(separator: ", "))]")
        }
        return lines
    }

    // MARK: Text

    /// Plain where that reads back as the same text.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "./_{}-:@+".utf8.contains(byte)
                }
            } && !text.isEmpty && !"{}-:@".contains(text.first ?? "-") && !text.hasSuffix(":")
        if isPlain, case .string? = YAML.plainScalar(text, dialect: .kubectl) { return text }
        return JSON.text(.string(text))
    }

    /// In a map in braces, where braces and commas end a text.
    private static func flow(_ text: String) -> String {
        let isPlain = !text.contains { "{}[],:#&*!|>'\"%@` ".contains($0) }
        return isPlain ? scalar(text) : JSON.text(.string(text))
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + word.count > 110 {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " \(word)"
        }
        return lines + (line.isEmpty ? [] : [line])
    }
}
