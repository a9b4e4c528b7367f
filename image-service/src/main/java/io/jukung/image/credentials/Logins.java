package io.jukung.image.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.linux.fs.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Optional;

/**
 * Changes auth files as {@code docker login} and {@code docker logout} do: an entry of {@code
 * auths}, or the credential helper that the file names for the registry. Everything else in the
 * file stays. The file is replaced atomically and only its owner may read it; a link to a file
 * stays a link. Thread-safe, within this process.
 */
public final class Logins {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String AUTHS = "auths";

  private final String helperPrefix;

  public Logins() {
    this(CredentialHelper.PREFIX);
  }

  Logins(String helperPrefix) {
    this.helperPrefix = helperPrefix;
  }

  /**
   * The registry that a user means by a server's name or URL; Docker Hub for an empty text.
   *
   * @throws CriException INVALID_ARGUMENT if it is neither
   */
  public static String registry(String server) {
    return RegistryKey.domain(server);
  }

  /**
   * Keeps a user and password for a registry.
   *
   * @param file is made if it is missing, with its directory
   * @return where they are kept now, in words
   * @throws CriException FAILED_PRECONDITION for a file that cannot be understood, and for a helper
   *     that fails
   */
  public synchronized String keep(Path file, String registry, Credentials credentials)
      throws IOException, InterruptedException {
    if (credentials.kind() != Credentials.Kind.PASSWORD || credentials.user().isEmpty()) {
      throw CriException.invalidArgument("a login needs a user and a password");
    }
    ObjectNode root = read(file);
    String key = RegistryKey.of(registry);
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    Optional<CredentialHelper> helper = helper(root, file, registry);
    if (helper.isPresent()) {
      helper.get().store(key, credentials.user(), credentials.secret());
    } else {
      String pair = credentials.user() + ":" + credentials.secret();
      entry.put("auth", Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)));
    }
    removeEntries(root, registry);
    // Docker's client leaves an empty entry for credentials that a helper keeps.
    auths(root, file).set(key, entry);
    write(file, root);
    return helper.map(CredentialHelper::toString).orElse(file.toString());
  }

  /**
   * Forgets what the file and its helper have for a registry.
   *
   * @return false if there was nothing
   */
  public synchronized boolean forget(Path file, String registry)
      throws IOException, InterruptedException {
    if (!Files.exists(file)) {
      return false;
    }
    ObjectNode root = read(file);
    Optional<CredentialHelper> helper = helper(root, file, registry);
    boolean erased = helper.isPresent() && helper.get().erase(RegistryKey.of(registry));
    boolean removed = removeEntries(root, registry);
    if (removed) {
      write(file, root);
    }
    return erased || removed;
  }

  private Optional<CredentialHelper> helper(ObjectNode root, Path file, String registry) {
    for (String key : RegistryKey.all(registry)) {
      JsonNode named = root.path("credHelpers").path(key);
      if (named.isTextual()) {
        return Optional.of(new CredentialHelper(helperPrefix, named.textValue(), file));
      }
    }
    String store = root.path("credsStore").asText("");
    return store.isEmpty()
        ? Optional.empty()
        : Optional.of(new CredentialHelper(helperPrefix, store, file));
  }

  private static boolean removeEntries(ObjectNode root, String registry) {
    boolean removed = false;
    if (root.get(AUTHS) instanceof ObjectNode auths) {
      for (String key : RegistryKey.all(registry)) {
        removed |= auths.remove(key) != null;
      }
    }
    return removed;
  }

  private static ObjectNode auths(ObjectNode root, Path file) {
    JsonNode auths = root.get(AUTHS);
    return switch (auths) {
      case null -> root.putObject(AUTHS);
      case ObjectNode known -> known;
      default ->
          throw CriException.failedPrecondition("auth file " + file + ": auths is not an object");
    };
  }

  private static ObjectNode read(Path file) throws IOException {
    Optional<JsonNode> content = AuthFiles.read(file);
    return content.isPresent() && content.get() instanceof ObjectNode root
        ? root
        : JsonNodeFactory.instance.objectNode();
  }

  private static void write(Path file, ObjectNode root) throws IOException {
    Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file;
    Path directory = target.toAbsolutePath().getParent();
    if (directory != null && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    // The form that docker's own client writes.
    var indent = new DefaultIndenter("\t", "\n");
    var printer =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
    printer.indentObjectsWith(indent);
    printer.indentArraysWith(indent);
    byte[] text = JSON.writer(printer).writeValueAsBytes(root);
    AtomicFile.removeAbandoned(target);
    AtomicFile.write(target, text);
  }
}
