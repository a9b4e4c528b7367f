package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.linux.namespace.IdMappings;
import java.util.List;
import java.util.Optional;

/** Parses {@code userns_options}: the host's user namespace, or the pod's own with one mapping. */
public final class UserNamespaceOption {
  private UserNamespaceOption() {}

  /**
   * The mappings of the pod's user namespace; empty for the host's user namespace.
   *
   * @param prefix the path of the message that has the field, for error messages
   * @param options must be present in the request, as its zero value requests POD
   * @throws CriException INVALID_ARGUMENT
   */
  public static Optional<IdMappings> parse(String prefix, UserNamespace options) {
    String field = prefix + "userns_options";
    return switch (options.getMode()) {
      case NODE -> {
        if (options.getUidsCount() > 0 || options.getGidsCount() > 0) {
          throw CriException.invalidArgument(
              field + " has id mappings, but asks for the host's user namespace");
        }
        yield Optional.empty();
      }
      case POD ->
          Optional.of(
              new IdMappings(
                  range(field + ".uids", options.getUidsList()),
                  range(field + ".gids", options.getGidsList())));
      case CONTAINER, TARGET, UNRECOGNIZED ->
          throw CriException.invalidArgument(
              field
                  + ".mode "
                  + options.getMode()
                  + ": a user namespace is the pod's (POD) or the host's (NODE)");
    };
  }

  /** The range as a request and an answer of CRI have it. */
  public static IDMapping mapping(IdMappings.Range range) {
    return IDMapping.newBuilder()
        .setHostId((int) range.firstHostId())
        .setLength((int) range.length())
        .build();
  }

  private static IdMappings.Range range(String field, List<IDMapping> mappings) {
    if (mappings.size() != 1) {
      throw CriException.invalidArgument(
          field + " has " + mappings.size() + " mappings; it takes exactly one");
    }
    return range(field, mappings.getFirst());
  }

  private static IdMappings.Range range(String field, IDMapping mapping) {
    if (mapping.getContainerId() != 0) {
      throw CriException.invalidArgument(
          field
              + " begins at id "
              + Integer.toUnsignedString(mapping.getContainerId())
              + "; it must map id 0");
    }
    try {
      return new IdMappings.Range(
          Integer.toUnsignedLong(mapping.getHostId()), Integer.toUnsignedLong(mapping.getLength()));
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument(field + ": " + e.getMessage());
    }
  }
}
