// SPDX-License-Identifier: Apache-2.0

/// What becomes of a folded block scalar (`>`) in a kustomize build.
///
/// Kustomize writes every object as YAML once more before it turns it into JSON, and go-yaml 3 writes folded scalars
/// wrong: it decides whether a line break needs a second one by the text's first character instead of the one behind
/// the break. A more indented line so gets an empty line before it, `>+` gets one more at its end, and a text that
/// begins with a blank has its lines joined. What a build gives is what people see and have deployed, so it is kept.
enum YAMLFolding {
    static func rewritten(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(0x0A) else { return text }
        let lines = rewrite(bytes)
        let end = lines.lastIndex { $0 != 0x0A }.map { $0 + 1 } ?? 0
        // A single break at the end is clipped to one again (`>`), several are all kept (`>+`).
        let isClipped = end > 0 && bytes.last == 0x0A && bytes[bytes.count - 2] != 0x0A
        let breaks = [UInt8](repeating: 0x0A, count: isClipped ? 1 : lines.count - end)
        return String(decoding: fold(lines[..<end]) + breaks, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The block's lines as go-yaml writes them.
    private static func rewrite(_ text: [UInt8]) -> [UInt8] {
        let firstOfText = text.first { $0 != 0x0A }
        let doublesBreaks = firstOfText.map { !isBlank($0) } ?? false
        var written: [UInt8] = []
        var isAfterBreak = true
        var isIndented = true
        for byte in text {
            if byte == 0x0A {
                if !isAfterBreak, !isIndented, doublesBreaks { written.append(0x0A) }
                written.append(0x0A)
                isAfterBreak = true
            } else {
                if isAfterBreak { isIndented = isBlank(byte) }
                written.append(byte)
                isAfterBreak = false
            }
        }
        return written
    }

    /// Those lines folded again (YAML 1.1, section 9.2.4).
    private static func fold(_ lines: ArraySlice<UInt8>) -> [UInt8] {
        var folded: [UInt8] = []
        var index = lines.startIndex
        var isIndented = true
        while index < lines.endIndex {
            let breaks = lines[index...].prefix { $0 == 0x0A }.count
            index += breaks
            let nextIsIndented = isBlank(lines[index])
            switch breaks {
            case 0: break
            case 1 where !isIndented && !nextIsIndented: folded.append(0x20)
            default:
                let kept = isIndented || nextIsIndented ? breaks : breaks - 1
                folded += [UInt8](repeating: 0x0A, count: kept)
            }
            isIndented = nextIsIndented
            let line = lines[index...].prefix { $0 != 0x0A }
            folded += line
            index += line.count
        }
        return folded
    }
}
