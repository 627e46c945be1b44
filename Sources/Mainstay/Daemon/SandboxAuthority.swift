// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Foundation
internal import Sandbox
internal import SwiftASN1
internal import X509

/// The certificate authority of a sandbox, made when it starts and gone with it.
struct SandboxAuthority: Sendable {
    /// In PEM: what clients verify the server by.
    let certificate: String
    /// What the server listens with.
    let tls: SandboxTLS
    /// In PEM, for who may do everything.
    let administrator: (certificate: String, key: String)

    /// - Parameter host: the name or address that clients connect to, beside the usual ones.
    init(host: String, now: Date = Date()) throws {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("kubernetes") }
        let issuer = Issuer(name: name, key: Certificate.PrivateKey(key), now: now)
        let root = try issuer.issue(
            to: name, key: issuer.key.publicKey,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
            })
        certificate = try root.serializeAsPEM().pemString

        let server = try Leaf(
            issuer, DistinguishedName { CommonName("kube-apiserver") }, .serverAuth,
            names: SubjectAlternativeNames(Self.names(host)))
        administrator = try {
            let identity = SandboxIdentity.administrator
            let leaf = try Leaf(
                issuer,
                DistinguishedName {
                    for group in identity.groups { OrganizationName(group) }
                    CommonName(identity.name)
                }, .clientAuth)
            return (leaf.certificate, leaf.key)
        }()
        tls = SandboxTLS(
            certificateChain: Array(server.certificate.utf8), privateKey: Array(server.key.utf8),
            clientAuthority: Array(certificate.utf8),
            subject: { bytes in Self.subject(bytes, signedBy: issuer, at: Date()) })
    }

    /// As on a real cluster: those of the service inside it, and those that this machine knows itself by.
    private static func names(_ host: String) -> [GeneralName] {
        var names: [GeneralName] = [
            "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
            "localhost",
        ].map { .dnsName($0) }
        var addresses: [[UInt8]] = [[127, 0, 0, 1], Array(repeating: 0, count: 15) + [1]]
        let bytes = host.split(separator: ".").compactMap { UInt8($0) }
        if bytes.count == 4, !addresses.contains(bytes) { addresses.append(bytes) }
        names += addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        return names
    }

    /// Common name and organizations, as a kube-apiserver reads them.
    private static func subject(_ bytes: [UInt8], signedBy issuer: Issuer, at now: Date) -> SandboxIdentity? {
        guard let certificate = try? Certificate(derEncoded: bytes), issuer.hasIssued(certificate),
            certificate.notValidBefore <= now, now <= certificate.notValidAfter,
            (try? certificate.extensions.extendedKeyUsage)?.contains(.clientAuth) ?? false
        else { return nil }
        var identity = SandboxIdentity(name: "")
        for attribute in certificate.subject.flatMap({ Array($0) }) {
            guard let text = String(attribute.value) else { continue }
            switch attribute.type {
            case .RDNAttributeType.commonName: identity.name = text
            case .RDNAttributeType.organizationName: identity.groups.append(text)
            default: break
            }
        }
        guard !identity.name.isEmpty else { return nil }
        let digest = SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
        identity.extra["authentication.kubernetes.io/credential-id"] = ["X509SHA256=\(digest)"]
        return identity
    }
}

/// Who signs.
private struct Issuer {
    let name: DistinguishedName
    let key: Certificate.PrivateKey
    let now: Date

    func hasIssued(_ certificate: Certificate) -> Bool {
        certificate.issuer == name && key.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    func issue(
        to subject: DistinguishedName, key subjectKey: Certificate.PublicKey, extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: subjectKey,
            // Clocks differ a little; and nobody keeps a sandbox for a year.
            notValidBefore: now - 300, notValidAfter: now + 365 * 86_400, issuer: name, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: key)
    }
}

/// A certificate with its key, both in PEM.
private struct Leaf {
    let certificate: String
    let key: String

    init(
        _ issuer: Issuer, _ subject: DistinguishedName, _ usage: ExtendedKeyUsage.Usage,
        names: SubjectAlternativeNames? = nil
    ) throws {
        let privateKey = P256.Signing.PrivateKey()
        key = privateKey.pemRepresentation
        certificate = try issuer.issue(
            to: subject, key: Certificate.PrivateKey(privateKey).publicKey,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([usage])
                if let names { names }
            }
        ).serializeAsPEM().pemString
    }
}
