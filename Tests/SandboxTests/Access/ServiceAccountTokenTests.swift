// SPDX-License-Identifier: Apache-2.0

import Crypto
import Manifests
import Testing

@testable import Sandbox

@Suite("Tokens of service accounts")
struct ServiceAccountTokenTests {
    private let review = "/apis/authentication.k8s.io/v1/tokenreviews"

    private func status(_ harness: AccessHarness, _ token: String) async -> Value {
        await harness.send("POST", review, ["spec": ["token": .string(token)]]).body["status"] ?? .null
    }

    @Test("A token proves its account until it expires")
    func expiry() async {
        let harness = AccessHarness()
        let token = await harness.token(of: "robot", in: "default", ["expirationSeconds": 600])
        let user = await status(harness, token)["user"]
        #expect(user?["username"] == "system:serviceaccount:default:robot")
        #expect(
            user?["groups"]
                == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
        harness.time.advance(by: .seconds(599))
        #expect(await harness.send("GET", "/apis", token: token).status == 200)
        harness.time.advance(by: .seconds(1))
        #expect(await harness.send("GET", "/apis", token: token).status == 401)
        #expect(
            await status(harness, token)["error"] == "[invalid bearer token, service account token has expired]")
    }

    @Test("It dies with its account, and another account of the same name does not bring it back")
    func deletion() async {
        let harness = AccessHarness()
        let token = await harness.token(of: "robot", in: "default")
        await harness.send("DELETE", "/api/v1/namespaces/default/serviceaccounts/robot")
        #expect(await harness.send("GET", "/apis", token: token).status == 401)
        let new = await harness.token(of: "robot", in: "default")
        #expect(await harness.send("GET", "/apis", token: token).status == 401)
        #expect(await harness.send("GET", "/apis", token: new).status == 200)
    }

    @Test("A token bound to a Secret dies with it")
    func bound() async {
        let harness = AccessHarness()
        let secrets = "/api/v1/namespaces/default/secrets"
        await harness.send("POST", secrets, ["metadata": ["name": "s"]])
        let token = await harness.token(
            of: "robot", in: "default", ["boundObjectRef": ["apiVersion": "v1", "kind": "Secret", "name": "s"]])
        #expect(await harness.send("GET", "/apis", token: token).status == 200)
        await harness.send("DELETE", "\(secrets)/s")
        #expect(await harness.send("GET", "/apis", token: token).status == 401)
    }

    @Test("A token for another audience is none here")
    func audience() async {
        let harness = AccessHarness()
        let token = await harness.token(of: "robot", in: "default", ["audiences": ["vault"]])
        #expect(await harness.send("GET", "/apis", token: token).status == 401)
        let answer = await harness.send(
            "POST", review, ["spec": ["token": .string(token), "audiences": ["vault", "other"]]])
        #expect(answer.body["status"]?["authenticated"] == true)
        #expect(answer.body["status"]?["audiences"] == ["vault"])
    }

    @Test("Less than ten minutes, and accounts that are not there, are refused")
    func refusals() async {
        let harness = AccessHarness()
        let path = "/api/v1/namespaces/default/serviceaccounts/default/token"
        let short = await harness.send("POST", path, ["spec": ["expirationSeconds": 5]])
        #expect(
            short.message
                == "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 5: may "
                + "not specify a duration less than 10 minutes")
        #expect(
            await harness.send("POST", path.replacing("/default/token", with: "/none/token"), ["spec": [:]]).message
                == "serviceaccounts \"none\" not found")
    }

    @Test("A Secret of the type is filled, its token works, and both go with the account")
    func secret() async throws {
        let harness = AccessHarness()
        _ = await harness.token(of: "robot", in: "default")
        let path = "/api/v1/namespaces/default/secrets"
        await harness.send(
            "POST", path,
            [
                "metadata": ["name": "s", "annotations": ["kubernetes.io/service-account.name": "robot"]],
                "type": "kubernetes.io/service-account-token",
            ])
        let data = await harness.send("GET", "\(path)/s").body["data"]
        #expect(data?["ca.crt"]?.string == Base64.encode(Array("PEM".utf8)))
        let bytes = try #require(Base64.decode(data?["token"]?.string ?? ""))
        let token = String(decoding: bytes, as: UTF8.self)
        #expect(await harness.send("GET", "/apis", token: token).status == 200)
        await harness.send("DELETE", "/api/v1/namespaces/default/serviceaccounts/robot")
        #expect(await harness.send("GET", "\(path)/s").status == 404)
        #expect(await harness.send("GET", "/apis", token: token).status == 401)
    }

    @Test("A token that was changed anywhere is nobody's", arguments: 0..<50)
    func tampering(seed: Int) throws {
        var random: any RandomNumberGenerator & Sendable = SplitMix64(seed: UInt64(seed))
        let key = SymmetricKey(from: &random)
        var token = ServiceAccountToken(namespace: "a", name: "b", uid: "c")
        token.expiry = Timestamp(secondsSinceEpoch: 10)
        let text = token.signed(with: key)
        #expect(ServiceAccountToken(text, key: key)?.name == "b")
        #expect(ServiceAccountToken(text, key: SymmetricKey(from: &random)) == nil)
        var bytes = Array(text.utf8)
        // The last character of a part holds bits that decode to nothing.
        let index = Int(random.next() % UInt64(bytes.count - 1))
        bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let changed = String(decoding: bytes, as: UTF8.self)
        #expect(ServiceAccountToken(changed, key: key) == nil)
        #expect(ServiceAccountToken(String(text.prefix(index)), key: key) == nil)
    }
}
