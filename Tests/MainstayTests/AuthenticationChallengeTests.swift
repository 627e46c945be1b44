// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Mainstay

@Suite("WWW-Authenticate")
struct AuthenticationChallengeTests {
    private typealias Challenge = AuthenticationChallenge

    @Test("Schemes and their parameters, quoted or not, in any case and order")
    func reads() {
        let text = #"Bearer realm="https://auth.example.com/token",Service=registry , scope="repository:a:pull,push""#
        #expect(
            Challenge.all(in: text) == [
                Challenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.example.com/token", "service": "registry",
                        "scope": "repository:a:pull,push",
                    ])
            ])
        #expect(
            Challenge.all(in: #"Negotiate, Basic realm="a \"b\" \\c", Bearer realm=x"#) == [
                Challenge(scheme: "negotiate"), Challenge(scheme: "basic", parameters: ["realm": #"a "b" \c"#]),
                Challenge(scheme: "bearer", parameters: ["realm": "x"]),
            ])
        #expect(
            Challenge.all(in: #"Bearer realm="a", realm="b""#).first?.parameters == ["realm": "a"], "the first stands")
    }

    @Test("What is not well formed ends the list, and never the process")
    func broken() {
        #expect(Challenge.all(in: #"Bearer realm="never ends"#) == [Challenge(scheme: "bearer")])
        #expect(Challenge.all(in: "realm=x") == [])
        #expect(Challenge.all(in: "=,=,\"").isEmpty)
        #expect(Challenge.all(in: "Bearer realm=\"\\") == [Challenge(scheme: "bearer")])
        #expect(Challenge.all(in: String(repeating: "a ", count: 5000)).isEmpty)
    }
}
