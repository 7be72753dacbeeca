/** HTTP/1.1 message heads (RFC 9112), read strictly and within limits. */
package culvert.http;
