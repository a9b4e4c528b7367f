package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.Protocol;
import io.jukung.engine.http.HttpError;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Docker's port bindings as mappings of a pod. Used by one thread. */
final class PortBindings {
  private static final Pattern PORT = Pattern.compile("(\\d{1,5})(?:/(tcp|udp|sctp))?");

  /** How often the kernel is asked for one port: it may name one again that was just closed. */
  private static final int MAX_TRIES = 1000;

  private final List<PortMapping> mappings = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();

  List<PortMapping> mappings() {
    return List.copyOf(mappings);
  }

  /** Adds HostConfig.PortBindings. */
  void add(JsonNode bindings) {
    for (Map.Entry<String, JsonNode> each : bindings.properties()) {
      boolean any = false;
      for (JsonNode binding : each.getValue()) {
        any = true;
        Fields fields = new Fields("HostConfig.PortBindings." + each.getKey(), binding);
        add(each.getKey(), fields.text("HostIp"), fields.text("HostPort"));
        fields.requireNoOther();
      }
      if (!any && !each.getValue().isNull()) {
        add(each.getKey(), "", "");
      }
    }
  }

  /** Publishes a port of the image that is not published yet at a free port of the host. */
  void publish(String exposed) {
    Matcher matcher = match(exposed);
    int inside = number(matcher.group(1), exposed);
    Protocol protocol = protocol(matcher);
    boolean known =
        mappings.stream()
            .anyMatch(each -> each.getContainerPort() == inside && each.getProtocol() == protocol);
    if (!known) {
      add(exposed, "", "");
    }
  }

  private void add(String inside, String address, String outside) {
    Matcher matcher = match(inside);
    Protocol protocol = protocol(matcher);
    mappings.add(
        PortMapping.newBuilder()
            .setProtocol(protocol)
            .setHostIp(address.equals("0.0.0.0") || address.equals("::") ? "" : address)
            .setContainerPort(number(matcher.group(1), inside))
            .setHostPort(outside(protocol, outside))
            .build());
  }

  private int outside(Protocol protocol, String text) {
    if (text.isEmpty() || text.equals("0")) {
      return free(protocol);
    }
    if (text.contains("-")) {
      String[] ends = text.split("-", 2);
      for (int port = number(ends[0], text); port <= number(ends[1], text); port++) {
        if (isFree(protocol, port) && taken.add(protocol + "/" + port)) {
          return port;
        }
      }
      throw HttpError.conflict("no port of the range " + text + " is free");
    }
    int port = number(text, text);
    taken.add(protocol + "/" + port);
    return port;
  }

  private static Matcher match(String port) {
    Matcher matcher = PORT.matcher(port);
    if (!matcher.matches()) {
      throw HttpError.badRequest("invalid port specification: \"" + port + "\"");
    }
    return matcher;
  }

  private static Protocol protocol(Matcher matcher) {
    String name = matcher.group(2) == null ? "tcp" : matcher.group(2);
    return Protocol.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static int number(String digits, String port) {
    int number = digits.matches("\\d{1,5}") ? Integer.parseInt(digits) : 0;
    if (number < 1 || number > 65535) {
      throw HttpError.badRequest("invalid port specification: \"" + port + "\"");
    }
    return number;
  }

  /**
   * A port on which nothing listens now. The daemon refuses it if a process or a pod gets it first.
   */
  private int free(Protocol protocol) {
    for (int i = 0; i < MAX_TRIES; i++) {
      int port = unused(protocol);
      if (taken.add(protocol + "/" + port)) {
        return port;
      }
    }
    throw HttpError.conflict("no port of the host is free");
  }

  private static boolean isFree(Protocol protocol, int port) {
    if (protocol == Protocol.UDP) {
      try (DatagramSocket _ = new DatagramSocket(port)) {
        return true;
      } catch (IOException e) {
        return false;
      }
    }
    try (ServerSocket _ = new ServerSocket(port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int unused(Protocol protocol) {
    if (protocol == Protocol.UDP) {
      try (DatagramSocket socket = new DatagramSocket(0)) {
        return socket.getLocalPort();
      } catch (IOException e) {
        throw HttpError.conflict("no port of the host is free: " + e.getMessage());
      }
    }
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw HttpError.conflict("no port of the host is free: " + e.getMessage());
    }
  }
}
