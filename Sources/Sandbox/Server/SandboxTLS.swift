// SPDX-License-Identifier: Apache-2.0

internal import HummingbirdHTTP2
internal import NIOCore
internal import NIOSSL

/// What a sandbox serves HTTPS with, and whose client certificates it takes.
package struct SandboxTLS: Sendable {
    /// In PEM, the server's own first.
    package var certificateChain: [UInt8]
    /// In PEM.
    package var privateKey: [UInt8]
    /// In PEM: whose client certificates clients are asked for.
    package var clientAuthority: [UInt8]
    /// Whom a client certificate (DER) is for; nil where it is not the authority's, not valid now, or names nobody.
    package var subject: @Sendable ([UInt8]) -> SandboxIdentity?

    package init(
        certificateChain: [UInt8], privateKey: [UInt8], clientAuthority: [UInt8],
        subject: @escaping @Sendable ([UInt8]) -> SandboxIdentity?
    ) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.clientAuthority = clientAuthority
        self.subject = subject
    }

    /// The handshake takes any client certificate: who shows a bad one is told 401, as by a kube-apiserver.
    ///
    /// - Throws: NIOSSL's errors for what is no PEM.
    func configuration() throws -> TLSChannelConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(certificateChain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: privateKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(clientAuthority))
        configuration.sendCANameList = true
        return TLSChannelConfiguration(
            tlsConfiguration: configuration,
            customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    }
}
