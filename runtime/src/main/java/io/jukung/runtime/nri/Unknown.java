package io.jukung.runtime.nri;

import com.google.protobuf.Message;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;

/** Refuses what a plugin asks for and jukung does not do, by the name of the field. */
final class Unknown {
  private Unknown() {}

  /** Refuses a message with fields of a newer release of the protocol. */
  static void refuse(Message message, String path, String plugin) {
    message.getUnknownFields().asMap().keySet().stream()
        .findFirst()
        .ifPresent(
            number -> {
              throw refused(path + "field number " + number, plugin);
            });
  }

  static CriException refused(String field, String plugin) {
    return new CriException(
        ErrorKind.UNIMPLEMENTED,
        "NRI plugin " + plugin + " sets " + field + ", which is not implemented");
  }
}
