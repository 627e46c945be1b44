// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// A report of validation as people, programs and GitHub read it.
struct ValidationOutput {
    /// What one run says; the rest is counted.
    static let limit = 500

    let report: Validation.Report
    /// How a file's path is shown to people.
    var display: (String) -> String = { $0 }

    private var shown: ArraySlice<ValidationProblem> { report.problems.prefix(Self.limit) }

    /// `4 applications in 3 environments, 11 objects: 1 error, 2 warnings`.
    var summary: String {
        func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        let found = ReviewFinding.Severity.allCases.filter { report.count($0) > 0 || $0 == .error }.map { severity in
            severity == .error && report.count(severity) == 0
                ? "no errors" : counted(report.count(severity), severity.rawValue)
        }.joined(separator: ", ")
        guard let applications = report.applications else {
            return "\(found); the manifests are looked at once the pipeline can be read"
        }
        return "\(counted(applications, "application")) in \(counted(report.environments, "environment")), "
            + "\(counted(report.objects, "object")): \(found)"
    }

    private var more: String? {
        let rest = report.problems.count - Self.limit
        return rest > 0 ? "and \(rest) more" : nil
    }

    /// A line each, as compilers write them.
    var text: String {
        let lines = shown.map { problem in
            let place = [problem.line, problem.column].compactMap { $0.map(String.init) }
            let file = problem.file.isEmpty ? "." : display(problem.file)
            return "\(([file] + place).joined(separator: ":")): \(problem.severity.rawValue): \(problem.text)"
        }
        return (lines + [more, summary].compactMap(\.self)).joined(separator: "\n") + "\n"
    }

    var json: String {
        let problems = shown.map { problem -> Value in
            var object: Object = ["severity": .string(problem.severity.rawValue), "file": .string(problem.file)]
            if let line = problem.line { object["line"] = .integer(Int64(line)) }
            if let column = problem.column { object["column"] = .integer(Int64(column)) }
            if !problem.subjects.isEmpty { object["subjects"] = .array(problem.subjects.map(Value.string)) }
            object["message"] = .string(problem.message)
            return .object(object)
        }
        var counts = Object()
        for severity in ReviewFinding.Severity.allCases {
            counts["\(severity.rawValue)s"] = .integer(Int64(report.count(severity)))
        }
        if let applications = report.applications {
            counts["applications"] = .integer(Int64(applications))
            counts["environments"] = .integer(Int64(report.environments))
            counts["objects"] = .integer(Int64(report.objects))
        }
        return JSON.prettyText(["problems": .array(problems), "counts": .object(counts)]) + "\n"
    }

    /// Workflow commands, which GitHub shows at the lines of a pull request ("Workflow commands for GitHub Actions").
    var github: String {
        let lines = shown.map { problem in
            let command = problem.severity == .note ? "notice" : problem.severity.rawValue
            var properties = ["file=\(Self.property(problem.file))"]
            if let line = problem.line { properties.append("line=\(line)") }
            if let column = problem.column { properties.append("col=\(column)") }
            return "::\(command) \(properties.joined(separator: ","))::\(Self.data(problem.text))"
        }
        return (lines + [more, summary].compactMap(\.self)).joined(separator: "\n") + "\n"
    }

    private static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
