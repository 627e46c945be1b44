// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Planning
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("Proposals for repositories without a pipeline")
struct ProposalTests {
    @Test("What is proposed for a repository is what was recorded", arguments: ProposalGolden.names)
    func golden(name: String) throws {
        var golden = try ProposalGolden(named: name)
        let text = ProposalText(
            proposal: try ProposalBuilder.proposal(of: MemoryTree(golden.files), name: name)
        ).text
        guard ProcessInfo.processInfo.environment["MAINSTAY_RECORD_GOLDENS"] == nil else {
            golden.proposal = text
            return try golden.write(named: name)
        }
        #expect(text == golden.proposal)
    }

    @Test(
        "What is proposed can be read, has no errors, and says where each choice goes", arguments: ProposalGolden.names)
    func valid(name: String) async throws {
        let golden = try ProposalGolden(named: name)
        let directory = try TemporaryDirectory()
        for (path, text) in golden.files.sorted(by: { $0.key < $1.key }) { try directory.write(text, to: path) }
        let folder = try PipelineFolder(directory.path)
        for text in [golden.proposal, Self.choosing(golden.proposal)] {
            let report = try await Validation(pipeline: Array(text.utf8)).report(on: folder)
            #expect(report.problems.filter { $0.severity == .error } == [], "\(text)")
            #expect(report.applications != nil)
        }
    }

    /// The file with all of its suggestions taken.
    private static func choosing(_ text: String) -> String {
        let fields = [
            "branch:", "deploy:", "confirmPhrase:", "requires:", "approvals:", "windows:", "hooks:", "verify:",
            "images:",
            "- http:",
            "- name:", "  tag:", "  from:",
        ]
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("  # ") else { return String(line) }
            let rest = line.dropFirst(4)
            return fields.contains { rest.hasPrefix($0) } ? "  \(rest)" : String(line)
        }.joined(separator: "\n")
    }

    @Test("Choosing changes something in each of the samples")
    func choices() throws {
        for name in ProposalGolden.names where name != "bare" {
            let text = try ProposalGolden(named: name).proposal
            #expect(Self.choosing(text) != text, "\(name)")
        }
    }

    private func proposal(_ files: [String: String], name: String = "shop") throws -> PipelineProposal {
        try ProposalBuilder.proposal(of: MemoryTree(files), name: name)
    }

    private static let web = Monorepo.deployment("web", image: "example.com/web", environment: [])

    @Test("Paths name environments by their folders and by the words of their files")
    func paths() {
        func place(_ path: String) -> String? { EnvironmentPath(path).map { "\($0.environment) \($0.template)" } }
        #expect(place("k8s/api/staging-deployment.yaml") == "staging k8s/api/{environment}-deployment.yaml")
        #expect(place("k8s/staging/api-staging.yaml") == "staging k8s/{environment}/api-{environment}.yaml")
        #expect(place("apps/api/overlays/eu-west") == "eu-west apps/api/overlays/{environment}")
        #expect(place("k8s/production") == "production k8s/{environment}")
        #expect(place("k8s/productions/api.yaml") == nil)
        #expect(place("k8s/api/deployment.yaml") == nil)
        #expect(EnvironmentPath("k8s/test/api.yaml")?.isCertain == false)
        #expect(EnvironmentPath("overlays/test")?.isCertain == true)
    }

    @Test("A repository without environments has one, of its namespace")
    func single() throws {
        let found = try proposal([
            "k8s/web.yaml": Self.web.replacing("name: web}\nspec", with: "name: web, namespace: shop}\nspec")
        ])
        #expect(found.environments.map { "\($0.name) \($0.namespace)" } == ["shop shop"])
        #expect(
            found.applications.map { "\($0.name) \($0.path)" } == ["web k8s"]
                || found.applications.map(\.path) == ["k8s"])
    }

    @Test("Tests and examples are left out, and told of; a test environment beside others is none of them")
    func asides() throws {
        let found = try proposal([
            "k8s/staging/web.yaml": Self.web, "k8s/test/web.yaml": Self.web, "tests/fixtures/web.yaml": Self.web,
        ])
        #expect(found.applications.map(\.path) == ["k8s/{environment}"])
        #expect(found.environments.map(\.name) == ["test", "staging"])
        #expect(found.remarks.contains("tests was left out as tests or examples (1 file of manifests)"))
    }

    @Test(
        "An image is built from the folder of its name without the project's, where there is one such folder",
        arguments: [
            ("ghcr.example/planera/planera-backend", "backend/Dockerfile", "repo", "backend"),
            ("ghcr.example/acme/planet-api", "apps/api/main.py", "planet", "apps/api"),
            ("ghcr.example/acme/api-planet", "apps/api/main.py", "planet", "apps/api"),
            ("planet-api", "apps/api/main.py", "Planet", "apps/api"),
            ("ghcr.example/acme/panchangam-backend", "cmd/backend/Dockerfile", "panchangam", "cmd/backend"),
            ("ghcr.example/acme/cart-service", "cart/Dockerfile", "repo", "cart"),
            ("ghcr.example/acme/cart", "cart_service/Dockerfile", "repo", "cart_service"),
            ("ghcr.example/acme/other-backend", "backend/Dockerfile", "shop", nil),
            ("ghcr.example/acme/shop", "backend/Dockerfile", "shop", nil),
            ("ghcr.example/acme/shop-api", "src/api/main.py", "shop", nil),
        ] as [(String, String, String, String?)])
    func projectNames(image: String, file: String, project: String, expected: String?) throws {
        let web = Self.web.replacing("example.com/web", with: image)
        let found = try proposal(["k8s/web.yaml": web, file: ""], name: project)
        #expect(found.applications.flatMap(\.images).map(\.folder) == [expected])
    }

    @Test(
        "What images of one path begin with in common is the project's name; two folders of a name are not chosen from")
    func commonBeginning() throws {
        func folders(_ images: [String], _ more: [String]) throws -> [String?] {
            let workloads = images.enumerated().map { number, image in
                ("k8s/\(number).yaml", Monorepo.deployment("w\(number)", image: image, environment: []))
            }
            let files = workloads + more.map { ($0, "") }
            return try proposal(Dictionary(files) { first, _ in first }, name: "repo").applications.flatMap(\.images)
                .sorted { $0.name < $1.name }.map(\.folder)
        }
        let built = ["cmd/backend/Dockerfile", "cmd/gateway/Dockerfile"]
        #expect(
            try folders(["example.com/acme/pan-backend:latest", "example.com/acme/pan-gateway"], built)
                == ["cmd/backend", "cmd/gateway"])
        #expect(try folders(["example.com/acme/pan-backend", "example.com/other/pan-gateway"], built) == [nil, nil])
        let versions = try folders(["example.com/acme/pan-backend:1", "example.com/acme/pan-backend:2"], built)
        #expect(versions.allSatisfy { $0 == nil }, "one image has nothing in common with itself")
        #expect(
            try folders(
                ["example.com/acme/pan-backend", "example.com/acme/pan-gateway"], built + ["old/backend/Dockerfile"])
                == [nil, "cmd/gateway"])
    }

    @Test("Two ways to leave the project's name out, to two folders, and a folder of manifests, are no source")
    func doubtful() throws {
        let web = Self.web.replacing("example.com/web", with: "ghcr.example/acme/acme-web-planet")
        let files = ["k8s/web.yaml": web, "web-planet/Dockerfile": "", "acme-web/Dockerfile": ""]
        #expect(try proposal(files, name: "planet").applications.flatMap(\.images).map(\.folder) == [nil])
        let manifests = try proposal(["apps/web/web.yaml": Self.web], name: "planet")
        #expect(manifests.applications.flatMap(\.images).map(\.folder) == [nil])
    }

    @Test(
        "A tag that a script fills in follows the commits; one with a $ is told of",
        arguments: ["IMAGE_TAG", "__tag__", "$TAG"]
    )
    func placeholders(tag: String) throws {
        let web = Self.web.replacing("example.com/web", with: "example.com/web:\(tag)")
        let found = try proposal(["k8s/web.yaml": web, "web/Dockerfile": ""])
        #expect(
            ProposalText(proposal: found).text.contains(
                "  images:\n  - name: example.com/web\n    tag: lastCommit\n    from: web\n"))
        #expect(found.remarks.contains { $0.contains("a tag with a $ is not replaced") } == tag.contains("$"))
    }

    @Test(
        "A check that a probe suggests sends what the probe does; where that may be a secret, none is suggested",
        arguments: [
            ("[{name: Host, value: api.example.com}]", ", send: {Host: api.example.com}, within: 60s}"),
            ("[]", "path: /h, within: 60s}"), ("[{name: Authorization, value: x}]", nil),
            ("[{name: Host, value: a}, {name: host, value: b}]", nil),
        ] as [(String, String?)])
    func probeHeaders(headers: String, expected: String?) throws {
        let probed =
            Self.web + "        readinessProbe: {httpGet: {path: /h, port: 8080, httpHeaders: \(headers)}}\n"
        let text = ProposalText(
            proposal: try proposal(["k8s/web.yaml": probed, "k8s/service.yaml": Monorepo.service("web")])
        ).text
        #expect(text.contains("- http:") == (expected != nil), "\(text)")
        if let expected { #expect(text.contains(expected), "\(text)") }
    }

    @Test("An address in a Secret makes its application wait for the only database; a password does not")
    func dependencies() throws {
        func app(_ variable: String) -> String {
            Monorepo.deployment(
                "web", image: "example.com/web",
                environment: ["{name: \(variable), valueFrom: {secretKeyRef: {name: db, key: x}}}"])
        }
        let database = Monorepo.deployment("postgres", image: "postgres:16", environment: [])
        for (variable, expected) in [("DATABASE_URL", ["postgres"]), ("DATABASE_PASSWORD", []), ("MYSQL_HOST", [])] {
            let found = try proposal(["k8s/web/staging.yaml": app(variable), "k8s/postgres/staging.yaml": database])
            let web = try #require(found.applications.first { $0.name == "web" })
            #expect(web.dependsOn.map(\.name) == expected, "\(variable)")
        }
    }

    @Test("What cannot be rendered, read or decided is told, and the rest is proposed")
    func trouble() throws {
        let found = try proposal([
            "k8s/overlays/staging/kustomization.yaml": "resources: [../../missing]\n",
            "k8s/web/staging.yaml": Self.web, "charts/db/Chart.yaml": "name: db\n",
            "charts/db/templates/a.yaml": "{{ if }}\n", "broken.yaml": "a: [\n", "settings.yaml": "a: 1\n",
        ])
        #expect(found.applications.map(\.name).contains("web"))
        #expect(found.remarks.contains { $0.hasPrefix("k8s/overlays/staging (staging) cannot be built: ") })
        #expect(found.remarks.contains { $0.hasPrefix("charts/db is a Helm chart") })
        #expect(found.remarks.contains { $0.hasPrefix("broken.yaml could not be read: ") })
        #expect(!found.remarks.contains { $0.contains("settings.yaml") || $0.contains("templates") })
    }

    @Test("A base that nothing overlays is deployed as it is; one that is overlaid is not")
    func bases() throws {
        let files = ["k8s/base/kustomization.yaml": "resources: [web.yaml]\n", "k8s/base/web.yaml": Self.web]
        #expect(try proposal(files).applications.map(\.path) == ["k8s/base"])
        let overlaid = files.merging(["k8s/overlays/prod/kustomization.yaml": "resources: [../../base]\n"]) { $1 }
        #expect(try proposal(overlaid).applications.map(\.path) == ["k8s/overlays/prod"])
    }

    @Test("A kustomization that only lists others is a list of applications, each proposed by itself")
    func lists() throws {
        var files = [
            "clusters/prod/kustomization.yaml":
                "resources: [namespace.yaml, ../../apps/api/overlays/prod, ../../apps/web/overlays/prod]\n",
            "clusters/prod/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        ]
        for name in ["api", "web"] {
            files["apps/\(name)/base/kustomization.yaml"] = "resources: [all.yaml]\n"
            files["apps/\(name)/base/all.yaml"] = Self.web.replacing("web", with: name)
            files["apps/\(name)/overlays/prod/kustomization.yaml"] = "namespace: shop\nresources: [../../base]\n"
        }
        let found = try proposal(files)
        #expect(
            found.applications.map(\.path) == ["apps/api/overlays/prod", "apps/web/overlays/prod", "clusters/prod"])
        #expect(found.applications.map(\.name).prefix(2) == ["api", "web"])
        #expect(found.environments.map { "\($0.name) \($0.namespace)" } == ["prod shop"])
        files["clusters/prod/kustomization.yaml"]? += "namePrefix: a-\n"
        #expect(try proposal(files).applications.map(\.path) == ["clusters/prod"], "it changes what it lists")
    }

    @Test(
        "Texts are written so that they read back as they are",
        arguments: [
            "api", "k8s/{environment}.yaml", "{environment}/x", "a: b", "on", "1", "~", "a\u{7}b", "- x", "#a", "",
        ])
    func scalars(text: String) throws {
        let line = "x: \(ProposalText.scalar(text))\n"
        let read = try YAML.documents(Array(line.utf8), file: "x").first?.value["x"]?.string
        #expect(read == text, "\(line)")
    }
}

/// Files of a repository, and the pipeline that is proposed for it: a text file a case, `Proposals/NAME.txt`, laid out as
/// kustomize's goldens are.
struct ProposalGolden {
    var title = ""
    var files: [String: String] = [:]
    var proposal = ""

    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Proposals")

    init(named name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8)
        var section: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line == "== proposal ==" || (line.hasPrefix("-- ") && line.hasSuffix(" --")) {
                section = String(line.dropFirst(3).dropLast(3))
                if section != "proposal" { files[section ?? ""] = "" }
            } else if section == "proposal" {
                proposal += line + "\n"
            } else if let section {
                files[section, default: ""] += line + "\n"
            } else {
                title += line + "\n"
            }
        }
        try #require(!files.isEmpty)
    }

    func write(named name: String) throws {
        let sections = files.sorted { $0.key < $1.key }.map { "-- \($0.key) --\n\($0.value)" }
        let text = title + sections.joined() + "== proposal ==\n" + proposal
        try Data(text.utf8).write(to: Self.folder.appending(path: "\(name).txt"))
    }
}
