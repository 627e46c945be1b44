// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Planning

/// One thing that validation has to say, with its place in a file.
struct ValidationProblem: Sendable, Hashable {
    var severity: ReviewFinding.Severity
    /// Relative to the pipeline's folder; empty where no file is to blame.
    var file: String
    /// From 1.
    var line: Int?
    var column: Int?
    /// The objects or applications that it is about: a base that three overlays share has its problems once.
    var subjects: [String] = []
    var message: String

    /// `Deployment staging/api and 2 more: spec.replicas: must be a whole number`.
    var text: String {
        guard let first = subjects.first else { return message.withoutControls }
        let more = subjects.count > 1 ? " and \(subjects.count - 1) more" : ""
        return "\(first)\(more): \(message)".withoutControls
    }

    /// Sorted by place, each once, errors before what is less at the same place.
    static func merged(_ problems: [ValidationProblem]) -> [ValidationProblem] {
        var places: [ValidationProblem: Int] = [:]
        var merged: [ValidationProblem] = []
        for problem in problems {
            var key = problem
            key.subjects = []
            if let place = places[key] {
                for subject in problem.subjects where !merged[place].subjects.contains(subject) {
                    merged[place].subjects.append(subject)
                }
            } else {
                places[key] = merged.count
                merged.append(problem)
            }
        }
        return merged.enumerated().sorted { left, right in
            left.element.order == right.element.order
                ? left.offset < right.offset : left.element.order < right.element.order
        }.map(\.element)
    }

    private struct Order: Comparable {
        var file: String
        var line: Int
        var severity: Int
        var column: Int

        static func < (left: Order, right: Order) -> Bool {
            (left.file, left.line, left.severity, left.column) < (right.file, right.line, right.severity, right.column)
        }
    }

    private var order: Order {
        Order(
            file: file, line: line ?? 0, severity: ReviewFinding.Severity.allCases.firstIndex(of: severity) ?? 0,
            column: column ?? 0)
    }
}

extension ValidationProblem {
    init(_ problem: StrictProblem) {
        self.init(
            severity: .error, file: problem.file, line: problem.position.line, column: problem.position.column,
            message: problem.path.isEmpty ? problem.message : "\(problem.path): \(problem.message)")
    }

    init(_ error: RenderError, of target: TargetID) {
        let field = error.field.isEmpty ? "" : "\(error.field): "
        let way = error.chain.isEmpty ? "" : "; named by \(error.chain.joined(separator: " → "))"
        self.init(
            severity: .error, file: error.file, line: error.line, column: error.column,
            subjects: ["\(target)"], message: field + error.message + (error.hint.map { " (\($0))" } ?? "") + way)
    }

    init(_ warning: RenderWarning) {
        self.init(severity: .warning, file: warning.file, line: warning.line, message: warning.message)
    }

    init(_ finding: ReviewFinding, _ locator: FieldLocator, pipelineFile: String) {
        switch finding.place {
        case .pipeline(let field):
            let position = locator.position(of: field, in: pipelineFile)
            self.init(
                severity: finding.severity, file: pipelineFile, line: position?.line, column: position?.column,
                message: field.isEmpty ? finding.message : "\(field): \(finding.message)")
        case .manifest(let origin, let object, let field):
            let position = locator.position(of: field, of: object, at: origin)
            self.init(
                severity: finding.severity, file: origin.file, line: position?.line ?? origin.line,
                column: field.isEmpty ? nil : position?.column, subjects: ["\(object)"],
                message: field.isEmpty ? finding.message : "\(field): \(finding.message)")
        }
    }
}
