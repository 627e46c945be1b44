// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Planning
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("How plans are shown")
struct PlanOutputTests {
    private static let api = TargetID(application: "api", environment: "staging")

    private static func id(_ kind: String, _ name: String, group: String = "") -> ObjectID {
        ObjectID(group: group, kind: kind, namespace: "staging", name: name)
    }

    private static var report: PlanReport {
        var deployment = PlanEntry(
            id: id("Deployment", "api", group: "apps"), action: .configure,
            differences: [
                ShownDifference(
                    path: #".spec.template.spec.containers[name="api"].image"#, old: #""api:1""#, new: #""api:2""#),
                ShownDifference(path: ".metadata.labels.tier", old: nil, new: #""back""#),
            ])
        deployment.before = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "api"], "spec": ["a": 1],
        ]
        deployment.after = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "api"], "spec": ["a": 2],
        ]
        let entries = [
            deployment,
            PlanEntry(id: id("ConfigMap", "new"), action: .create),
            PlanEntry(id: id("ConfigMap", "old"), action: .prune, reason: "no longer rendered"),
            PlanEntry(
                id: id("Service", "bad"), action: .refused, reason: "spec.ports[0].port: must be between 1 and 65535",
                code: "Invalid", origin: "k8s/api.yaml:7"),
            PlanEntry(id: id("Secret", "same"), action: .unchanged),
        ]
        let reason = PlanOrder.Reason(
            object: id("ConfigMap", "new"), kind: .structural, reason: "container api uses it")
        return PlanReport(
            subject: "branch feature at 1234567",
            targets: [
                TargetPlan(target: api, revision: "1234567890", entries: entries),
                TargetPlan(
                    target: TargetID(application: "web", environment: "staging"),
                    problem: Cause(reason: "ManifestsInvalid", message: "k8s/web.yaml:1: is no <map>")),
            ],
            order: PlanOrder(waves: [
                [PlanOrder.Step(object: id("ConfigMap", "new"), after: [])],
                [PlanOrder.Step(object: id("Deployment", "api", group: "apps"), after: [reason])],
            ]))
    }

    @Test("As text")
    func text() {
        #expect(
            PlanText(report: Self.report).text(on: .none) == """
                branch feature at 1234567: 1 to create, 1 to change, 1 to prune, 1 refused, 1 unchanged, 1 application not planned

                api in staging at 1234567
                  ~ Deployment staging/api: change
                      .spec.template.spec.containers[name="api"].image: "api:1" → "api:2"
                      .metadata.labels.tier: + "back"
                  + ConfigMap staging/new: create
                  - ConfigMap staging/old: prune: no longer rendered
                  ! Service staging/bad (k8s/api.yaml:7): refused (Invalid): spec.ports[0].port: must be between 1 and 65535

                web in staging
                  ! ManifestsInvalid: k8s/web.yaml:1: is no <map>

                order:
                  1   + ConfigMap staging/new
                  2   ~ Deployment staging/api
                          after ConfigMap staging/new (structural: container api uses it)

                """)
    }

    @Test("As markdown")
    func markdown() {
        #expect(
            PlanMarkdown(report: Self.report).text == #"""
                ### Mainstay: 1 to create, 1 to change, 1 to prune, 1 refused, 1 unchanged, 1 application not planned

                branch feature at 1234567

                | application | create | change | prune | refused | unchanged |
                | --- | ---: | ---: | ---: | ---: | ---: |
                | api in staging | 1 | 1 | 1 | 1 | 1 |
                | web in staging ❌ |  |  |  |  |  |

                - ! <code>Service staging/bad</code> refused (Invalid): spec.ports\[0\].port: must be between 1 and 65535

                <details><summary>~ <code>Deployment staging/api</code> change</summary>

                ```diff
                ! .spec.template.spec.containers[name="api"].image
                - "api:1"
                + "api:2"
                + .metadata.labels.tier: "back"
                ```

                </details>

                - + <code>ConfigMap staging/new</code> create

                - - <code>ConfigMap staging/old</code> prune: no longer rendered

                ❌ **web in staging** ManifestsInvalid: k8s/web.yaml:1: is no &lt;map&gt;

                <details><summary>Order</summary>

                1. ConfigMap staging/new
                2. Deployment staging/api
                   - Deployment staging/api after ConfigMap staging/new \(structural: container api uses it\)

                </details>

                """#)
    }

    @Test("Markdown has a limit, and says what is missing; nothing in it ends a fence or calls anybody")
    func markdownLimit() {
        var report = Self.report
        let entry = PlanEntry(
            id: Self.id("ConfigMap", "many"), action: .configure,
            differences: [
                ShownDifference(path: ".data.a", old: "```\n# @everyone", new: String(repeating: "x", count: 160))
            ])
        report.targets[0].entries += Array(repeating: entry, count: 1000)
        report.problems = ["@team <b>"]
        let text = PlanMarkdown(report: report).text
        #expect(text.utf8.count <= PlanMarkdown.limit)
        #expect(text.contains("more parts are left out"))
        #expect(!text.contains("@team"))
        #expect(!text.contains("<b>"))
        #expect(text.components(separatedBy: "```").count % 2 == 1, "every fence is closed")
        #expect(text.components(separatedBy: "<details>").count == text.components(separatedBy: "</details>").count)
    }

    @Test("As a unified difference, which patch(1) understands")
    func unified() {
        #expect(
            PlanDocuments(Self.report).unified == """
                --- live/apps.v1.Deployment.api
                +++ planned/apps.v1.Deployment.api
                @@ -3,4 +3,4 @@
                 metadata:
                   name: api
                 spec:
                -  a: 1
                +  a: 2

                """)
    }

    @Test("Colours are for terminals that have them")
    func colours() {
        let terminal = Terminal(size: nil, hasColours: true)
        #expect(PlanText(report: Self.report).text(on: terminal).contains("\u{1B}[32m  + ConfigMap staging/new"))
        #expect(!PlanText(report: Self.report).text(on: .none).contains("\u{1B}"))
    }

    // MARK: Differences

    private func diff(_ old: [String], _ new: [String]) -> String {
        func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
        return UnifiedDiff.text(old: text(old), new: text(new), oldName: "a", newName: "b")
    }

    @Test("Far changes are hunks of their own, near ones share one; line numbers count both sides")
    func hunks() {
        let old = (1...40).map { "line \($0)" }
        var new = old
        new[4] = "changed"
        new.insert("added", at: 30)
        let text = diff(old, new)
        #expect(
            text.contains("@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+changed\n line 6\n line 7\n line 8\n"))
        #expect(text.contains("@@ -28,6 +28,7 @@\n line 28\n line 29\n line 30\n+added\n line 31\n"))
        new[9] = "near"
        #expect(diff(old, new).components(separatedBy: "@@ -").count == 3)
        #expect(diff(["a"], ["a"]).isEmpty)
        #expect(diff([], ["a", "b"]) == "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+a\n+b\n")
        #expect(diff(["a"], []) == "--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n")
    }

    @Test(
        "Whatever the texts, patch makes the new one of the old",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/patch")))
    func patch() throws {
        var generator = SystemRandomNumberGenerator()
        let directory = try TemporaryDirectory()
        for _ in 0..<20 {
            let old = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                String(Int.random(in: 0...5, using: &generator))
            }
            var new = old
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let place = Int.random(in: 0...new.count, using: &generator)
                if Bool.random(using: &generator) || place == new.count {
                    new.insert("n", at: place)
                } else {
                    new.remove(at: place)
                }
            }
            guard old != new else { continue }
            let file = try directory.write(old.map { $0 + "\n" }.joined(), to: "old")
            let difference = try directory.write(diff(old, new), to: "difference")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/patch")
            process.arguments = ["--quiet", "--no-backup-if-mismatch", "--fuzz=0", file, difference]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let patched = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(patched == new.map { $0 + "\n" }.joined(), "\(diff(old, new))")
        }
    }

    // MARK: KUBECTL_EXTERNAL_DIFF

    @Test("The program of KUBECTL_EXTERNAL_DIFF is found, and gets the arguments that kubectl would give it")
    func external() throws {
        let path = "/nowhere:relative:/usr/bin:/bin"
        let program = try #require(
            try ExternalDiff(environment: [ExternalDiff.variable: "diff -N -u --label=a /etc/passwd ;rm", "PATH": path])
        )
        #expect(program.program.hasSuffix("/diff"))
        #expect(program.arguments == ["-N", "-u", "--label=a"])
        #expect(try ExternalDiff(environment: ["PATH": path]) == nil)
        #expect(throws: LocalProblem.self) {
            try ExternalDiff(environment: [ExternalDiff.variable: "no-such-program", "PATH": path])
        }
    }

    @Test("It is given two folders that nobody else can read, and they are gone afterwards")
    func folders() throws {
        let directory = try TemporaryDirectory()
        let script = try directory.write(
            """
            #!/bin/sh
            { stat -c '%a %n' "$1" "$2" "$1"/*; cat "$1"/* "$2"/*; } > "\(directory.path)/seen"
            exit 1

            """, to: "tool", permissions: 0o700)
        let program = try #require(try ExternalDiff(environment: [ExternalDiff.variable: script]))
        #expect(try program.run(PlanDocuments(Self.report)) == 1)
        let seen = String(
            decoding: FileManager.default.contents(atPath: "\(directory.path)/seen") ?? Data(), as: UTF8.self)
        let lines = seen.split(separator: "\n")
        #expect(lines[0].hasPrefix("700 ") && lines[0].hasSuffix("/LIVE"))
        #expect(lines[1].hasPrefix("700 ") && lines[1].hasSuffix("/MERGED"))
        #expect(lines[2].hasPrefix("600 ") && lines[2].hasSuffix("/apps.v1.Deployment.api"))
        #expect(seen.contains("a: 1") && seen.contains("a: 2"))
        let folder = lines[0].dropFirst(4).dropLast("/LIVE".count)
        #expect(!FileManager.default.fileExists(atPath: String(folder)))
    }

    @Test("A hash of a value is short, keyed, and the same within a plan")
    func hashes() {
        let hash = ValueHash()
        #expect(hash("a") == hash("a"))
        #expect(hash("a") != hash("b"))
        #expect(hash("a").count == 12)
        #expect(ValueHash()("a") != hash("a"), "another plan has another key")
    }
}
