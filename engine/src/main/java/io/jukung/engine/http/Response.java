package io.jukung.engine.http;

import io.jukung.cri.client.Release;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** The head of a response, with the headers that every response of the API has. */
final class Response {
  private static final String SERVER = "jukung/" + Release.version() + " (linux)";

  private final StringBuilder text = new StringBuilder();

  private Response(String statusLine) {
    text.append("HTTP/1.1 ").append(statusLine).append("\r\n");
  }

  static Response of(int status, ApiVersion version) {
    HttpResponseStatus known = HttpResponseStatus.valueOf(status);
    return new Response(status + " " + known.reasonPhrase())
        .header("Api-Version", version.toString())
        .header("Docker-Experimental", "false")
        .header("Ostype", "linux")
        .header("Server", SERVER);
  }

  /** What leaves HTTP, with docker's words. */
  static Response upgraded() {
    return new Response("101 UPGRADED");
  }

  /** What leaves HTTP for the protocol WebSocket. */
  static Response switched() {
    return new Response("101 Switching Protocols");
  }

  /** The permission to send a body. */
  static Response goOn() {
    return new Response("100 Continue");
  }

  /** Adds a header, whose value has no line breaks: a value from elsewhere must not add headers. */
  Response header(String name, String value) {
    text.append(name).append(": ").append(value.replaceAll("[\r\n]", " ")).append("\r\n");
    return this;
  }

  byte[] bytes() {
    return (text + "\r\n").getBytes(StandardCharsets.UTF_8);
  }
}
