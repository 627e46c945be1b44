// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Testing

@testable internal import Mainstay

@Suite("Validation of a repository, without a cluster")
struct ValidationTests {
    @Test("A sound repository has nothing to say, and needs no history")
    func sound() async throws {
        #expect(try await ValidatedFolder.output().text == "1 application in 2 environments, 4 objects: no errors\n")
    }

    @Test("Without a pipeline there is nothing to check, and init is named")
    func missing() async throws {
        await #expect {
            _ = try await ValidatedFolder.lines(["mainstay.yaml": nil])
        } throws: { "\($0)".contains("mainstay init") }
    }

    @Test("Annotations for GitHub escape what would end them, and JSON holds the same")
    func formats() {
        let problem = ValidationProblem(
            severity: .note, file: "a,b:c.yaml", line: 3, column: 1, subjects: ["X y"], message: "100% \u{1B}[31m\nsure"
        )
        let output = ValidationOutput(report: Validation.Report(problems: [problem], applications: 1))
        #expect(
            output.github.hasPrefix("::notice file=a%2Cb%3Ac.yaml,line=3,col=1::X y: 100%25  [31m sure\n"))
        #expect(output.json.contains("\"subjects\": [\n        \"X y\"\n      ]"))
        #expect(!output.json.contains("\u{1B}"))
    }

    @Test("What is said is bounded, and the rest is counted")
    func bounded() {
        let problems = (1...600).map { ValidationProblem(severity: .error, file: "a", line: $0, message: "wrong") }
        let lines = ValidationOutput(report: Validation.Report(problems: problems, applications: 1)).text
            .split(separator: "\n")
        #expect(lines.count == 502)
        #expect(lines[500] == "and 100 more")
    }

    @Test(
        "Paths of fields are read as this program and as servers write them",
        arguments: [
            ("spec.containers[0].env", [FieldLocator.Step.key("spec"), .key("containers"), .index(0), .key("env")]),
            (".spec.x", [.key("spec"), .key("x")]),
            ("metadata.annotations[\"a.b/c\"]", [.key("metadata"), .key("annotations"), .key("a.b/c")]),
            ("data[a.b]", [.key("data"), .key("a.b")]), ("", []), ("a[", [.key("a")]),
        ])
    func steps(field: String, expected: [FieldLocator.Step]) {
        #expect(FieldLocator.steps(of: field) == expected)
    }
}
