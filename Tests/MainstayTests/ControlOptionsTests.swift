// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Testing

@testable internal import Mainstay

@Suite("What commands of the control socket send")
struct ControlOptionsTests {
    @Test("Words that are typed below a list go with what names the list")
    func confirmation() {
        let listed: Value = ["message": "to have this rolled out …", "code": "deploy", "list": "0a1b2c3d4e"]
        let sent = ControlOptions.confirmation("deploy", of: listed)
        #expect(sent.map(\.0) == ["confirm", "list"])
        #expect(sent.map(\.1) == ["deploy", "0a1b2c3d4e"])
        // A destruction's words name it themselves.
        #expect(ControlOptions.confirmation("destroy", of: ["code": "destroy"]).last?.1 == nil)
    }
}
