// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    func trimmed() -> String {
        let isBlank: (Character) -> Bool = { $0.isWhitespace }
        let start = self.drop(while: isBlank)
        return String(start.reversed().drop(while: isBlank).reversed())
    }
}
