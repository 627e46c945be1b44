// SPDX-License-Identifier: Apache-2.0

import Git
import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@testable import Mainstay

@Suite("mainstay explain", .timeLimit(.minutes(3)))
struct ExplainTests {
    /// Two applications in staging and production, which asks for a person.
    private static func repository(
        after earlier: (TemporaryRepository) throws -> Void = { _ in }
    ) throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        try earlier(repository)
        for name in ["api", "worker"] {
            for place in ["staging", "production"] {
                try repository.write(
                    """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: \(name)}
                    spec: {template: {spec: {containers: [{name: \(name), image: "r.example.com/\(name):1"}]}}}

                    """, to: "k8s/\(name)/\(place).yaml")
            }
        }
        try repository.write("1", to: "apps/api/main.py")
        try repository.write(pipeline(), to: "mainstay.yaml")
        return repository
    }

    private static func pipeline(
        api: String = "", worker: String = ", environments: [staging, production]", staging: String = "",
        production: String = ""
    ) -> String {
        """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: staging, namespace: staging\(staging)}
        - {name: production, namespace: production, deploy: confirm, confirmPhrase: go, approvals: {count: 2}\(production)}
        applications:
        - name: api
          environments: [staging, production]
          path: "k8s/api/{environment}.yaml"
          images: [{name: r.example.com/api, tag: lastCommit, from: apps/api}]
        \(api)
        - {name: worker, path: "k8s/worker/{environment}.yaml"\(worker)}

        """
    }

    private func explain(
        _ repository: TemporaryRepository, _ revision: String = "HEAD", since: String? = nil
    ) async throws -> Value {
        try await LocalExplainer.explanation(
            repository.path, revision: revision, since: since, application: nil, environment: nil)
    }

    /// `staging/api deploys: message; change; change`.
    private func lines(_ explanation: Value) -> [String] {
        (explanation["targets"]?.array ?? []).map { target in
            let texts =
                ([target["message"]?.string ?? ""] + (target["changes"]?.array ?? []).compactMap { $0["text"]?.string })
                .filter { !$0.isEmpty }
            return "\(target["environment"]?.string ?? "")/\(target["application"]?.string ?? "") "
                + "\(target["outcome"]?.string ?? ""): \(texts.joined(separator: "; "))"
        }
    }

    private static let same = "none of what it is made of changed"
    private static let gate = "production asks for the typed confirmation, 2 approvals"

    @Test("A commit to an application's source moves its tag, from one commit to the other, and nothing else")
    func source() async throws {
        let repository = try Self.repository()
        let first = try repository.commit("first")
        let second = try repository.commit("apps/api/main.py", "2", message: "Speed up the API")
        let image = "image r.example.com/api: \(first) → \(second) (the last commit of apps/api)"
        let explanation = try await explain(repository)
        #expect(
            lines(explanation) == [
                "staging/api deploys: \(image)", "staging/worker unchanged: \(Self.same)",
                "production/api held: \(Self.gate); \(image)", "production/worker unchanged: \(Self.same)",
            ])
        #expect(
            ExplanationText(explanation: explanation).text == """
                commit \(second.prefix(7)) Speed up the API, since \(first.prefix(7))

                staging
                  api     deploys    \(image)
                  worker  unchanged  \(Self.same)

                production
                  api     held       \(Self.gate)
                                     \(image)
                  worker  unchanged  \(Self.same)

                """)
    }

    @Test("Files that changed are named; what renders to the same is unchanged, and says that something moved")
    func files() async throws {
        let repository = try Self.repository()
        try repository.commit("first")
        try repository.write(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: worker}
            spec: {template: {spec: {containers: [{name: worker, image: "r.example.com/worker:2"}]}}}

            """, to: "k8s/worker/staging.yaml")
        try repository.write(
            """
            # a comment
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: worker}
            spec: {template: {spec: {containers: [{name: worker, image: "r.example.com/worker:1"}]}}}

            """, to: "k8s/worker/production.yaml")
        try repository.commit("second")
        let found = lines(try await explain(repository))
        #expect(
            found[1] == "staging/worker deploys: image r.example.com/worker: 1 → 2; k8s/worker/staging.yaml changed")
        #expect(
            found[3]
                == "production/worker unchanged: what is rendered is what it was; k8s/worker/production.yaml changed")
    }

    @Test("New, removed and broken applications are told apart, and a changed entry names its fields")
    func entries() async throws {
        let repository = try Self.repository()
        try repository.commit("first")
        try repository.write(
            Self.pipeline(api: "  timeout: 5m", worker: ", environments: [staging]"), to: "mainstay.yaml")
        try repository.commit("second")
        #expect(
            lines(try await explain(repository)) == [
                "staging/api unchanged: what is rendered is what it was; mainstay.yaml: timeout of the application changed",
                "staging/worker unchanged: what is rendered is what it was; mainstay.yaml: environments of the application "
                    + "changed",
                "production/api unchanged: what is rendered is what it was; mainstay.yaml: timeout of the application changed",
                "production/worker removed: left mainstay.yaml; its objects are pruned",
            ])
        try repository.write(Self.pipeline(worker: ", environments: [production]"), to: "mainstay.yaml")
        try repository.commit("the other place")
        let text = ExplanationText(explanation: try await explain(repository)).text
        #expect(text.ranges(of: "\nstaging\n").count == 1, "one heading: \(text)")
        try repository.write(
            Self.pipeline(api: "  timeout: 5m", worker: ", environments: [staging]"), to: "mainstay.yaml")
        try repository.commit("back")
        try repository.write("kind: [", to: "k8s/api/staging.yaml")
        try repository.commit("third")
        let broken = lines(try await explain(repository))[0]
        #expect(broken.hasPrefix("staging/api broken: ") && broken.contains("k8s/api/staging.yaml"), "\(broken)")
        try repository.write(Self.pipeline(), to: "mainstay.yaml")
        try repository.git("checkout", "--quiet", "HEAD~1", "--", "k8s")
        try repository.commit("fourth")
        let last = lines(try await explain(repository))
        #expect(last[0].hasPrefix("staging/api deploys: could not be rendered before"), "\(last[0])")
        #expect(last[3] == "production/worker held: is new in mainstay.yaml; \(Self.gate)")
    }

    @Test(
        "The first commit deploys all of it; --since looks over several commits; a merge is compared with what it joined"
    )
    func ranges() async throws {
        let repository = try Self.repository()
        let first = try repository.commit("first")
        #expect(lines(try await explain(repository)).allSatisfy { $0.contains("is new in mainstay.yaml") })
        #expect(try await explain(repository)["since"] == .null)
        try repository.branch("feature")
        try repository.commit("apps/api/main.py", "2")
        try repository.checkout("main")
        let middle = try repository.commit("README.md", "x")
        #expect(lines(try await explain(repository)).allSatisfy { $0.contains("unchanged") })
        try repository.git("merge", "--quiet", "--no-ff", "--message", "Merge", "feature")
        let merged = try await explain(repository)
        #expect(merged["since"]?.string == middle)
        #expect(lines(merged)[0].hasPrefix("staging/api deploys"))
        let later = try repository.commit("README.md", "y")
        #expect(lines(try await explain(repository, later))[0].hasPrefix("staging/api unchanged"))
        #expect(lines(try await explain(repository, later, since: first))[0].hasPrefix("staging/api deploys"))
    }

    @Test("The commit that brings the pipeline deploys all of it; where the parent's is broken, that is told instead")
    func firstPipeline() async throws {
        let repository = try Self.repository { try $0.commit("README.md", "x") }
        try repository.commit("pipeline")
        let first = try await explain(repository)
        #expect(lines(first).count == 4 && lines(first).allSatisfy { $0.contains("is new in mainstay.yaml") })
        #expect(
            first["notes"]?[0]?.string?.hasSuffix(" has no mainstay.yaml: nothing was deployed by it") == true)

        let mended = try Self.repository { try $0.commit("mainstay.yaml", "kind: [") }
        try mended.commit("pipeline")
        let second = try await explain(mended)
        #expect(second["notes"]?[0]?.string?.contains("cannot be used") == true)
        #expect(lines(second)[0].hasPrefix("staging/api unchanged") || lines(second)[0].contains("deploys"))
    }

    @Test(
        "A commit of one branch deploys nothing where another is followed; one of no followed branch may come anywhere")
    func branches() async throws {
        let repository = try Self.repository()
        try repository.write(
            Self.pipeline(staging: ", branch: develop", production: ", branch: main"), to: "mainstay.yaml")
        try repository.commit("first")
        try repository.branch("develop")
        let develop = try repository.commit("apps/api/main.py", "2")
        let found = lines(try await explain(repository))
        #expect(found[0].hasPrefix("staging/api deploys"))
        #expect(found[2] == "production/api unchanged: the commit is not on the branch main, which production follows")
        try repository.branch("feature")
        try repository.commit("apps/api/main.py", "3")
        let feature = lines(try await explain(repository))
        #expect(feature[0].hasPrefix("staging/api deploys") && feature[2].hasPrefix("production/api held"))

        // The daemon knows its branches, and takes the pipeline of one alone.
        try repository.checkout("develop")
        try repository.write(Self.pipeline(api: "  timeout: 1m"), to: "mainstay.yaml")
        try repository.commit("a pipeline that nobody takes")
        let folder = try TemporaryDirectory()
        let mirror = try GitMirror(
            directory: folder.path + "/mirror", url: repository.url, credentials: GitCredentials(),
            transport: ScriptedTransport())
        _ = try await mirror.fetch(branches: ["main", "develop"])
        let explainer = DaemonExplainer(source: GitSource(mirror: mirror), branch: "main") { desired in
            desired.environment.name == "staging" ? "quarantined" : nil
        }
        let now = lines(try await explainer.explanation(ExplainQuery(revision: "develop")))
        #expect(now[0] == "staging/api unchanged: \(Self.same)", "\(now)")
        let before = lines(try await explainer.explanation(ExplainQuery(revision: String(develop.prefix(10)))))
        #expect(before[0].hasPrefix("staging/api held: quarantined; image r.example.com/api"), "\(before)")
        #expect(before[2].hasPrefix("production/api unchanged: the commit is not on"))
        await #expect {
            _ = try await explainer.explanation(ExplainQuery(revision: "nowhere"))
        } throws: { "\($0)".contains("of a repository here, leave --socket and --config out") }
    }

    @Test(
        "The pipeline is that of its own branch, for every environment: what it changes there, a commit there deploys")
    func pipelineOfAnotherBranch() async throws {
        let repository = try Self.repository()
        let stagingOnDevelop = Self.pipeline(staging: ", branch: develop")
        try repository.write(stagingOnDevelop, to: "mainstay.yaml")
        try repository.commit("first")
        try repository.branch("develop")
        let develop = try repository.commit("apps/api/main.py", "2")
        try repository.write(
            Self.pipeline(worker: ", environments: [production]", staging: ", branch: develop"), to: "mainstay.yaml")
        let ignored = try repository.commit("a pipeline that nobody takes")
        try repository.checkout("main")
        let short = stagingOnDevelop.replacing("from: apps/api}", with: "from: apps/api, length: 7}")
        try repository.write(short, to: "mainstay.yaml")
        let form = try repository.commit("Shorten the tags")
        let readme = try repository.commit("README.md", "x")

        let folder = try TemporaryDirectory()
        let mirror = try GitMirror(
            directory: folder.path + "/mirror", url: repository.url, credentials: GitCredentials(),
            transport: ScriptedTransport())
        _ = try await mirror.fetch(branches: ["main", "develop"])
        let daemon = DaemonExplainer(source: GitSource(mirror: mirror), branch: "main") { _ in nil }
        let notOnIt = "the commit is not on the branch develop, which staging follows"
        for asks in [
            { try await daemon.explanation(ExplainQuery(revision: $0)) }, { try await explain(repository, $0) },
        ] as [(String) async throws -> Value] {
            let moved = lines(try await asks(form))
            let prefix =
                "staging/api deploys: \(notOnIt); by its mainstay.yaml, which counts there too, with the files of "
            #expect(
                moved[0].hasPrefix("\(prefix)\(ignored.prefix(7)); image r.example.com/api: \(develop) → "), "\(moved)")
            #expect(moved[1] == "staging/worker unchanged: \(notOnIt)")
            #expect(lines(try await asks(readme))[0] == "staging/api unchanged: \(notOnIt)")

            let taken = try await asks(ignored)
            #expect(lines(taken)[1] == "staging/worker unchanged: \(Self.same)", "it does not leave")
            #expect(taken["notes"]?[0]?.string?.contains("is not read here") == true)
            #expect(lines(taken).count == 4)
            #expect(ExplanationText(explanation: taken).text.contains("\nstaging, which follows the branch develop\n"))
            #expect(ExplanationText(explanation: taken).text.contains("\nproduction\n"))
            #expect(try await asks(develop)["notes"]?.array == [])
        }

        func notes(on commit: String) async throws -> [String] {
            try repository.checkout(commit)
            let report = try await Validation().report(on: PipelineFolder(repository.path))
            return report.problems.filter { $0.message.contains("is not read") }.map(\.text)
        }
        #expect(
            try await notes(on: ignored).first?.hasPrefix(
                "differs from the one of the pipeline's branch, at \(readme.prefix(7))") == true)
        #expect(try await notes(on: "main") == [])
    }
}
