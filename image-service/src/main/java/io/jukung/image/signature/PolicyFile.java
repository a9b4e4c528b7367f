package io.jukung.image.signature;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.manifest.JsonDocument;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a file as containers-policy.json(5) describes it. What jukung does not check is refused by
 * its name and never passed over, because an image would else be accepted that the operator wants
 * refused. Transports other than docker are not read: pulls do not use them.
 */
final class PolicyFile {
  /** Far above policies with thousands of scopes. */
  private static final int MAX_BYTES = 4 * 1024 * 1024;

  private static final int MAX_KEY_BYTES = 64 * 1024;
  private static final int MAX_SCOPES = 10_000;

  /** Each may need a signature of its own, all of which are kept with the image. */
  private static final int MAX_REQUIREMENTS = KeptSignature.MAX_KEPT;

  private static final int MAX_KEYS = 100;

  private static final Set<String> KEYLESS = Set.of("fulcio", "pki");
  private static final List<String> KEY_FIELDS =
      List.of("keyPath", "keyPaths", "keyData", "keyDatas");

  private PolicyFile() {}

  /**
   * Reads a policy with the keys that it names.
   *
   * @throws CriException FAILED_PRECONDITION for a file that is malformed or asks for what is not
   *     supported
   */
  static SignaturePolicy read(Path file) throws IOException {
    JsonDocument json = JsonDocument.parse("signature policy " + file, contentOf(file, MAX_BYTES));
    onlyFields(json, "default", "transports");
    List<PolicyRequirement> fallback = requirements(json, "default");
    Map<String, List<PolicyRequirement>> scopes = new HashMap<>();
    JsonDocument docker =
        json.object("transports").flatMap(transports -> transports.object("docker")).orElse(null);
    if (docker != null) {
      List<String> names = docker.fields();
      if (names.size() > MAX_SCOPES) {
        throw docker.refused("it has more than " + MAX_SCOPES + " scopes");
      }
      for (String scope : names) {
        checkScope(docker, scope);
        scopes.put(scope, requirements(docker, scope));
      }
    }
    return new SignaturePolicy(fallback, Map.copyOf(scopes));
  }

  private static byte[] contentOf(Path file, int maxBytes) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(maxBytes + 1);
      if (content.length > maxBytes) {
        throw CriException.failedPrecondition(
            "%s is refused: it has more than %d bytes".formatted(file, maxBytes));
      }
      return content;
    } catch (IOException e) {
      throw new CriException(ErrorKind.FAILED_PRECONDITION, "cannot read " + file + ": " + e, e);
    }
  }

  /** A scope that no image can have would leave its images to a weaker one. */
  private static void checkScope(JsonDocument docker, String scope) {
    if (scope.isEmpty()) {
      return;
    }
    int slash = scope.indexOf('/');
    String host = slash < 0 ? scope : scope.substring(0, slash);
    if (scope.contains("://") || scope.chars().anyMatch(Character::isWhitespace)) {
      throw docker.refused("its scope \"" + scope + "\" is no name");
    }
    if (host.startsWith("*.")) {
      if (slash >= 0) {
        throw docker.refused("its scope \"" + scope + "\": *. stands before a domain alone");
      }
      requireImage(docker, scope, List.of("x" + scope.substring(1) + "/x"));
      return;
    }
    if (host.contains("*")) {
      throw docker.refused("its scope \"" + scope + "\": only *. before a domain is a pattern");
    }
    boolean registry = host.indexOf('.') >= 0 || host.indexOf(':') >= 0 || host.equals("localhost");
    if (!registry) {
      throw docker.refused(
          "its scope \"%s\" has no registry (write docker.io/library/busybox for busybox)"
              .formatted(scope));
    }
    // A scope without tag and digest is that of what is below it, and of the repository itself.
    boolean isImage = scope.indexOf(':', slash < 0 ? scope.length() : slash) >= 0;
    requireImage(
        docker,
        scope,
        isImage
            ? List.of(scope)
            : slash < 0 ? List.of(scope + "/x") : List.of(scope + "/x", scope));
  }

  /**
   * Refuses a scope that holds for no image.
   *
   * @param examples names of images, one of which the scope is for if it is for any
   */
  private static void requireImage(JsonDocument docker, String scope, List<String> examples) {
    String reason = "names are in lower case, complete, and by a tag or a digest";
    for (String example : examples) {
      try {
        ImageReference image = ImageReference.parse(example);
        boolean isBoth = image.tag().isPresent() && image.digest().isPresent();
        if (!isBoth && SignaturePolicy.isScopeOf(image, scope)) {
          return;
        }
      } catch (CriException e) {
        reason = String.valueOf(e.getMessage());
      }
    }
    throw docker.refused("its scope \"" + scope + "\" is for no image: " + reason);
  }

  private static List<PolicyRequirement> requirements(JsonDocument json, String field) {
    List<PolicyRequirement> requirements = new ArrayList<>();
    for (JsonDocument each : json.objects(field, MAX_REQUIREMENTS)) {
      requirements.add(requirement(each));
    }
    if (requirements.isEmpty()) {
      throw json.refused("\"" + field + "\" has no requirement");
    }
    return List.copyOf(requirements);
  }

  private static PolicyRequirement requirement(JsonDocument json) {
    String type = json.requiredString("type");
    return switch (type) {
      case "insecureAcceptAnything" -> {
        onlyFields(json, "type");
        yield new PolicyRequirement.AcceptAnything();
      }
      case "reject" -> {
        onlyFields(json, "type");
        yield new PolicyRequirement.Reject();
      }
      case "sigstoreSigned" -> sigstoreSigned(json);
      case "signedBy" ->
          throw json.refused("the type signedBy (GPG) is not supported; sigstoreSigned is");
      default -> throw json.refused("the type " + type + " is not supported");
    };
  }

  private static PolicyRequirement sigstoreSigned(JsonDocument json) {
    for (String field : json.fields()) {
      if (KEYLESS.contains(field) || field.startsWith("rekor")) {
        throw json.refused(field + " is not supported: only signatures by keys are");
      }
    }
    onlyFields(json, "type", "keyPath", "keyPaths", "keyData", "keyDatas", "signedIdentity");
    List<String> given = KEY_FIELDS.stream().filter(json::has).toList();
    if (given.size() != 1) {
      throw json.refused("sigstoreSigned needs exactly one of " + String.join(", ", KEY_FIELDS));
    }
    String field = given.getFirst();
    List<String> values =
        field.endsWith("s") ? json.strings(field, MAX_KEYS) : List.of(json.requiredString(field));
    if (values.isEmpty()) {
      throw json.refused(field + " is empty");
    }
    List<VerificationKey> keys = new ArrayList<>();
    for (String value : values) {
      keys.add(field.startsWith("keyPath") ? keyAt(json, value) : keyOf(json, field, value));
    }
    return new PolicyRequirement.SigstoreSigned(
        List.copyOf(keys),
        json.object("signedIdentity")
            .map(PolicyFile::identity)
            .orElseGet(SignedIdentity.MatchRepoDigestOrExact::new));
  }

  private static VerificationKey keyAt(JsonDocument json, String path) {
    if (!path.startsWith("/")) {
      throw json.refused("the path of a key is not absolute: " + path);
    }
    try {
      return VerificationKey.read("public key " + path, contentOf(Path.of(path), MAX_KEY_BYTES));
    } catch (IOException e) {
      throw CriException.failedPrecondition("cannot read public key " + path + ": " + e);
    }
  }

  private static VerificationKey keyOf(JsonDocument json, String field, String base64) {
    try {
      return VerificationKey.read(
          "the public key in " + field, Base64.getMimeDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw json.refused(field + " is not base64");
    }
  }

  private static SignedIdentity identity(JsonDocument json) {
    String type = json.requiredString("type");
    switch (type) {
      case "exactReference" -> onlyFields(json, "type", "dockerReference");
      case "exactRepository" -> onlyFields(json, "type", "dockerRepository");
      case "remapIdentity" -> onlyFields(json, "type", "prefix", "signedPrefix");
      default -> onlyFields(json, "type");
    }
    return switch (type) {
      case "matchExact" -> new SignedIdentity.MatchExact();
      case "matchRepoDigestOrExact" -> new SignedIdentity.MatchRepoDigestOrExact();
      case "matchRepository" -> new SignedIdentity.MatchRepository();
      case "exactReference" -> {
        SignedName name = name(json, "dockerReference");
        if (name.isRepository()) {
          throw json.refused("its dockerReference has neither tag nor digest");
        }
        yield new SignedIdentity.ExactReference(name);
      }
      case "exactRepository" -> {
        SignedName name = name(json, "dockerRepository");
        if (!name.isRepository()) {
          throw json.refused("its dockerRepository has a tag or a digest");
        }
        yield new SignedIdentity.ExactRepository(name.name());
      }
      case "remapIdentity" ->
          new SignedIdentity.RemapIdentity(prefix(json, "prefix"), prefix(json, "signedPrefix"));
      default -> throw json.refused("the type " + type + " is not supported");
    };
  }

  private static SignedName name(JsonDocument json, String field) {
    try {
      return SignedName.parse(json.requiredString(field));
    } catch (CriException e) {
      throw json.refused("its " + field + ": " + e.getMessage());
    }
  }

  private static String prefix(JsonDocument json, String field) {
    String prefix = json.requiredString(field);
    try {
      // A prefix is a registry, or the beginning of a repository in one.
      ImageReference parsed = ImageReference.parse(prefix + (prefix.contains("/") ? "" : "/x"));
      if (!parsed.name().startsWith(prefix)) {
        throw json.refused("its " + field + " has no registry, or ends in a tag");
      }
      return prefix;
    } catch (CriException e) {
      throw json.refused("its " + field + ": " + e.getMessage());
    }
  }

  private static void onlyFields(JsonDocument json, String... known) {
    for (String field : json.fields()) {
      if (!List.of(known).contains(field)) {
        throw json.refused("\"" + field + "\" is not known");
      }
    }
  }
}
