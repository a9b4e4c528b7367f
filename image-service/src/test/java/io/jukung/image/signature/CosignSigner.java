package io.jukung.image.signature;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.registry.DebianRegistry;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Signs images as cosign does with a key. */
public final class CosignSigner {
  private final KeyPair pair;
  private final String algorithm;

  private CosignSigner(KeyPair pair, String algorithm) {
    this.pair = pair;
    this.algorithm = algorithm;
  }

  /** A signer with a new key. */
  public static CosignSigner of(String keys, int bits, String algorithm)
      throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(keys);
    if (bits > 0) {
      generator.initialize(bits);
    }
    return new CosignSigner(generator.generateKeyPair(), algorithm);
  }

  public static CosignSigner ofP256() throws GeneralSecurityException {
    return of("EC", 256, "SHA256withECDSA");
  }

  public byte[] pem() {
    Base64.Encoder encoder = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII));
    return ("-----BEGIN PUBLIC KEY-----\n"
            + encoder.encodeToString(pair.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n")
        .getBytes(US_ASCII);
  }

  /** The public key as keyData has it. */
  public String keyData() {
    return Base64.getEncoder().encodeToString(pem());
  }

  public byte[] sign(byte[] payload) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(pair.getPrivate());
    signature.update(payload);
    return signature.sign();
  }

  public static byte[] payload(String name, Digest digest) {
    return """
        {"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"%s"},\
        "type":"cosign container image signature"},"optional":null}"""
        .formatted(name, digest)
        .getBytes(UTF_8);
  }

  public KeptSignature signature(String name, Digest digest) throws GeneralSecurityException {
    byte[] payload = payload(name, digest);
    return KeptSignature.of(payload, sign(payload));
  }

  /** Attaches signatures to a manifest or index in a registry, in place of earlier ones. */
  public static void attach(
      DebianRegistry registry, String repository, Digest digest, KeptSignature... signatures)
      throws Exception {
    byte[] config = "{}".getBytes(UTF_8);
    registry.pushBlob(repository, Digest.sha256(config), config);
    List<String> layers = new ArrayList<>();
    for (KeptSignature each : signatures) {
      byte[] payload = each.payloadBytes();
      registry.pushBlob(repository, Digest.sha256(payload), payload);
      layers.add(
          """
          {"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","size":%d,"digest":"%s",\
          "annotations":{"dev.cosignproject.cosign/signature":"%s"}}"""
              .formatted(payload.length, Digest.sha256(payload), each.signature()));
    }
    String manifest =
        """
        {"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","size":2,"digest":"%s"},\
        "layers":[%s]}"""
            .formatted(
                MediaType.OCI_MANIFEST.text(),
                MediaType.OCI_CONFIG.text(),
                Digest.sha256(config),
                String.join(",", layers));
    registry.pushManifest(
        repository,
        "sha256-" + digest.hex() + ".sig",
        MediaType.OCI_MANIFEST,
        manifest.getBytes(UTF_8));
  }
}
