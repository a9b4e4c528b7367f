package io.jukung.image.credentials;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.CriException;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The node's own credentials for registries, in files as {@code docker login} and {@code podman
 * login} write them (containers-auth.json(5)). They are for pulls whose request has none.
 *
 * <p>The first file that has credentials for the image's registry is used. In a file, a credential
 * helper that {@code credHelpers} names for the registry comes first, then {@code auths}, whose
 * most specific key wins ({@code host/team/image}, {@code host/team}, {@code host}), and then the
 * helper of {@code credsStore}. The files are read for each pull. Thread-safe.
 */
public final class AuthFiles {
  private static final int MAX_FILE_BYTES = 1 << 20;

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final String helperPrefix;
  private volatile List<Path> files;

  /**
   * Remembers the files without reading them.
   *
   * @param files in the order in which they are asked; any of them may be missing
   */
  public AuthFiles(List<Path> files) {
    this(files, CredentialHelper.PREFIX);
  }

  AuthFiles(List<Path> files, String helperPrefix) {
    this.files = List.copyOf(files);
    this.helperPrefix = helperPrefix;
  }

  /** Whether pulls and pushes look for credentials in the file. */
  public boolean includes(Path file) {
    return files.contains(file);
  }

  /** Reads other files from now on. */
  public void use(List<Path> others) {
    files = List.copyOf(others);
  }

  /**
   * The node's credentials for an image, {@link Credentials#ANONYMOUS} if there are none.
   *
   * @throws CriException FAILED_PRECONDITION for a file that cannot be understood, and for a helper
   *     that fails
   */
  public Credentials of(ImageReference image) throws IOException, InterruptedException {
    for (Path file : files) {
      Optional<Credentials> found = find(file, image);
      if (found.isPresent()) {
        return found.get();
      }
    }
    return Credentials.ANONYMOUS;
  }

  private Optional<Credentials> find(Path file, ImageReference image)
      throws IOException, InterruptedException {
    Optional<JsonNode> content = read(file);
    if (content.isEmpty()) {
      return Optional.empty();
    }
    JsonNode root = content.get();
    List<String> keys = keys(image);
    for (String key : keys) {
      JsonNode helper = root.path("credHelpers").path(key);
      if (helper.isTextual()) {
        return helper(helper.textValue(), file).get(RegistryKey.of(image.domain()));
      }
    }
    for (String key : keys) {
      JsonNode entry = root.path("auths").path(key);
      // Docker's client leaves empty entries for credentials that a helper keeps.
      if (entry.isObject() && !entry.isEmpty()) {
        return Optional.of(credentials(entry, file, key));
      }
    }
    JsonNode store = root.path("credsStore");
    return store.isTextual() && !store.textValue().isEmpty()
        ? helper(store.textValue(), file).get(RegistryKey.of(image.domain()))
        : Optional.empty();
  }

  private CredentialHelper helper(String name, Path file) {
    return new CredentialHelper(helperPrefix, name, file);
  }

  /** The keys under which a file may have credentials for the image, the most specific first. */
  private static List<String> keys(ImageReference image) {
    List<String> keys = new ArrayList<>();
    for (String name = image.domain() + "/" + image.path();
        name.contains("/");
        name = name.substring(0, name.lastIndexOf('/'))) {
      keys.add(name);
    }
    keys.addAll(RegistryKey.all(image.domain()));
    return keys;
  }

  private static Credentials credentials(JsonNode entry, Path file, String key) {
    try {
      return Credentials.of(
              entry.path("username").asText(""),
              entry.path("password").asText(""),
              entry.path("auth").asText(""),
              /* serverAddress= */ "",
              entry.path("identitytoken").asText(""),
              entry.path("registrytoken").asText(""))
          .from("the credentials of " + file + " for " + key);
    } catch (CriException e) {
      throw CriException.failedPrecondition(
          "auth file " + file + ": " + key + ": " + e.getMessage());
    }
  }

  /**
   * Reads a file; empty if there is none.
   *
   * @throws CriException FAILED_PRECONDITION for a file that is no JSON object
   */
  static Optional<JsonNode> read(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw CriException.failedPrecondition(
            "auth file " + file + " has more than " + MAX_FILE_BYTES + " bytes");
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (!root.isObject()) {
        throw CriException.failedPrecondition("auth file " + file + " is not a JSON object");
      }
      return Optional.of(root);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JsonProcessingException e) {
      // Without the cause and its message, which quote the file.
      String line = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
      throw CriException.failedPrecondition("auth file " + file + line + ": it is not JSON");
    }
  }
}
