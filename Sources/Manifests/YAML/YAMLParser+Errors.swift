// SPDX-License-Identifier: Apache-2.0

import CYAML

extension YAMLParser {
    func syntaxError() -> YAMLError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "not valid YAML"
        if state.error == YAML_READER_ERROR {
            let place = position(ofByte: min(state.problem_offset, bytes.count))
            let message =
                problem.contains("control characters")
                ? "a control character is not allowed here" : "not UTF-8: \(problem)"
            return error(message, at: place)
        }
        let mark = state.problem_mark
        let place = YAMLNode.Position(line: mark.line + 1, column: mark.column + 1)
        if byte(at: place) == 0x09 {
            return error("a tab cannot stand here: indent with spaces", at: place)
        }
        if problem == "did not find expected <document start>" {
            return error("a second value starts here: put a line with --- before it", at: place)
        }
        if problem.hasPrefix("found character that cannot start any token"), let character = byte(at: place) {
            let shown = String(Character(Unicode.Scalar(character)))
            return error("a value cannot begin with \(shown) unless it is in quotes", at: place)
        }
        let context = state.context.map { " \(String(cString: $0))" } ?? ""
        return error("not valid YAML: \(problem)\(context)", at: place)
    }

    /// Refuses `%YAML` and `%TAG`: kubectl and kustomize split files at `---` first and then find no document behind them.
    func checkDirectives() throws(YAMLError) {
        let start = event.data.document_start
        guard start.version_directive != nil || start.tag_directives.start != start.tag_directives.end else { return }
        throw error("kubectl and kustomize know no %YAML and %TAG lines: remove them")
    }

    /// Refuses a document that begins on the line of its `---`, as kubectl and kustomize do.
    func checkStart(line: Int) throws(YAMLError) {
        guard position.line == line else { return }
        if event.type == YAML_SCALAR_EVENT {
            let scalar = event.data.scalar
            if scalar.length == 0, scalar.style == YAML_PLAIN_SCALAR_STYLE, scalar.tag == nil { return }
        }
        throw error("only a comment may stand behind ---: begin the document on the next line")
    }

    /// The byte at a position; columns of libyaml count characters, so the line is walked.
    private func byte(at place: YAMLNode.Position) -> UInt8? {
        var line = 1
        var index = 0
        while line < place.line, index < bytes.count {
            if bytes[index] == 0x0A || (bytes[index] == 0x0D && (index + 1 == bytes.count || bytes[index + 1] != 0x0A))
            {
                line += 1
            }
            index += 1
        }
        var column = 1
        while index < bytes.count, column < place.column || bytes[index] & 0xC0 == 0x80 {
            if bytes[index] & 0xC0 != 0x80 { column += 1 }
            index += 1
        }
        return index < bytes.count ? bytes[index] : nil
    }

    private func position(ofByte offset: Int) -> YAMLNode.Position {
        var place = YAMLNode.Position(line: 1, column: 1)
        for byte in bytes[..<offset] {
            if byte == 0x0A {
                place = YAMLNode.Position(line: place.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                place.column += 1
            }
        }
        return place
    }
}
