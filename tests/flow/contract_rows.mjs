// What the documents of the five front ends promise: [method, path, status, what the answer says]. Every line needs a case in the
// tests of its dialect. <x> stands for one part of a path; a row of streamify is wanted bare and behind /api.
const login = ['Missing Authorization Header', "Missing 'Bearer' type", 'Token has expired'];

function veeplay() {
  const guarded = [['GET', '/account'], ['PUT', '/account'], ['POST', '/content'], ['PUT', '/content/<id>'], ['DELETE', '/content/<id>'], ['GET', '/watch-history'], ['POST', '/watch-history']];
  return [
    ['POST', '/login', 200, 'access_token'], ['POST', '/login', 401, 'Invalid credentials'], ['POST', '/login', 400, 'message'], ['POST', '/login', 415, 'message'], ['GET', '/login', 405, 'message'],
    ['POST', '/register', 201, 'User registered successfully.'], ['POST', '/register', 400, 'Email already exists'], ['POST', '/register', 400, 'is required'],
    ['POST', '/forgot-password', 200, 'Password reset email sent.'], ['POST', '/forgot-password', 400, 'message'],
    ['POST', '/reset-password', 200, 'Password updated successfully.'], ['POST', '/reset-password', 400, 'Invalid or expired token'],
    ['GET', '/account', 200, 'profile_picture'], ['GET', '/account', 404, 'User not found'], ...login.map((text) => ['GET', '/account', 401, text]),
    ['PUT', '/account', 200, 'Account updated successfully.'], ['PUT', '/account', 400, 'message'],
    ['GET', '/content', 200, 'poster_url'], ['GET', '/content/<id>', 200, 'seasons'], ['GET', '/content/<id>', 404, 'Content not found'],
    ['POST', '/content', 201, 'Content created successfully.'], ['POST', '/content', 403, 'message'], ['POST', '/content', 400, 'message'],
    ['PUT', '/content/<id>', 200, 'Content updated successfully.'], ['PUT', '/content/<id>', 403, 'message'], ['PUT', '/content/<id>', 404, 'Content not found'],
    ['DELETE', '/content/<id>', 200, 'Content deleted successfully.'], ['DELETE', '/content/<id>', 403, 'message'], ['DELETE', '/content/<id>', 404, 'Content not found'],
    ['GET', '/watch-history', 200, 'last_watched'], ['POST', '/watch-history', 200, 'Watch history updated.'], ['POST', '/watch-history', 400, 'message'],
    ...guarded.map(([method, path]) => [method, path, 401, 'Missing Authorization Header']),
    ['OPTIONS', '/account', 204, ''], ['GET', '/account/', 404, ''], ['GET', '/content/<id>/', 404, ''], ['POST', '/account', 405, 'message'],
  ];
}

function videoapp() {
  const bearer = ['Token is missing', 'Invalid token format', 'Token is invalid or expired'];
  const guarded = [['GET', '/auth/me'], ['POST', '/auth/logout'], ['GET', '/dashboard'], ['GET', '/video/<id>/stream']];
  return [
    ['GET', '/', 200, 'Video App API'],
    ['POST', '/auth/signup', 201, 'User registered successfully'],
    ...['No data provided', 'Name is required', 'Email is required', 'Password is required', 'Invalid email format', 'Password must be at least 6 characters'].map((text) => ['POST', '/auth/signup', 400, text]),
    ['POST', '/auth/signup', 409, 'Email already registered'],
    ['POST', '/auth/login', 200, 'Login successful'], ...['No data provided', 'Email is required', 'Password is required'].map((text) => ['POST', '/auth/login', 400, text]),
    ['POST', '/auth/login', 401, 'Invalid email or password'],
    ['GET', '/auth/me', 200, 'created_at'], ['GET', '/auth/me', 404, 'User not found'],
    ['POST', '/auth/logout', 200, 'Logout successful'],
    ['GET', '/dashboard', 200, 'playback_token'],
    ['GET', '/video/<id>/stream', 200, 'youtube-nocookie.com/embed/'], ['GET', '/video/<id>/stream', 400, 'Playback token is required'],
    ['GET', '/video/<id>/stream', 401, 'Invalid or expired playback token'], ['GET', '/video/<id>/stream', 403, 'Video ID mismatch'],
    ['GET', '/video/<id>/stream', 404, 'Video not found'], ['GET', '/video/<id>/stream', 403, 'Video is not available'],
    ...guarded.flatMap(([method, path]) => bearer.map((text) => [method, path, 401, text])),
    ['GET', '/nothing', 404, 'Endpoint not found'], ['POST', '/nothing', 404, 'Endpoint not found'], ['POST', '/auth/login/', 404, 'Endpoint not found'], ['GET', '/dashboard/', 404, 'Endpoint not found'],
    ['GET', '/auth/signup', 405, 'error'], ['OPTIONS', '/auth/login', 204, ''],
  ];
}

function videoflix_hls() {
  const again = 'Please check your input and try again.';
  const guarded = ['/api/video/', '/api/video/<id>/<rung>/index.m3u8', '/api/video/<id>/<rung>/<segment>/', '/api/video/<id>/<rung>/<segment>'];
  return [
    ['POST', '/api/register/', 201, 'token'], ...[again, 'Enter a valid email address.', 'This field is required.', 'JSON parse error - '].map((text) => ['POST', '/api/register/', 400, text]),
    ['GET', '/api/activate/<uid>/<token>/', 200, 'Account successfully activated.'], ['GET', '/api/activate/<uid>/<token>/', 400, 'Invalid activation link.'],
    ['GET', '/api/activate/<uid>/<token>/', 400, 'User is already activated.'],
    ['POST', '/api/login/', 200, 'Login successful'], ['POST', '/api/login/', 401, 'Email or Password wrong'], ['POST', '/api/login/', 400, 'JSON parse error - '],
    ['POST', '/api/login/', 415, 'Unsupported media type'], ['GET', '/api/login/', 405, 'Method \\"GET\\" not allowed.'],
    ['POST', '/api/logout/', 200, 'Refresh token is now invalid.'], ['POST', '/api/logout/', 400, 'Refresh token not found.'], ['POST', '/api/logout/', 400, 'Invalid refresh token.'],
    ['POST', '/api/token/refresh/', 200, 'Token refreshed'], ['POST', '/api/token/refresh/', 400, 'missing'], ['POST', '/api/token/refresh/', 401, 'invalid'],
    ['POST', '/api/password_reset/', 200, 'An email has been sent to reset your password.'], ['POST', '/api/password_reset/', 400, 'JSON parse error - '],
    ['POST', '/api/password_confirm/<uid>/<token>/', 200, 'Your Password has been successfully reset.'],
    ...['Invalid activation link.', again, 'This field is required.'].map((text) => ['POST', '/api/password_confirm/<uid>/<token>/', 400, text]),
    ['GET', '/api/video/', 200, 'thumbnail_url'], ...guarded.map((path) => ['GET', path, 401, 'Authentication credentials were not provided.']),
    ['GET', '/api/video/', 401, 'user_inactive'],
    ['GET', '/api/video/<id>/<rung>/index.m3u8', 200, '#EXTM3U'],
    ...['Video not found.', 'Video or Manifest not found.', 'HLS Playlist not found.'].map((text) => ['GET', '/api/video/<id>/<rung>/index.m3u8', 404, text]),
    ...['/api/video/<id>/<rung>/<segment>/', '/api/video/<id>/<rung>/<segment>'].flatMap((path) => [
      ['GET', path, 200, ''], ['GET', path, 404, 'Video or Segment not found.'], ['GET', path, 404, 'Segment not found.']]),
    ['GET', '/api/video', 301, ''], ['POST', '/api/password_reset', 301, ''], ['GET', '/api/nothing/', 404, 'detail'], ['OPTIONS', '/api/login/', 204, ''],
    ['POST', '/api/token/refresh/', 403, 'CSRF Failed'],
  ];
}

function videoflix_s3() {
  const absent = 'Authentication credentials were not provided.';
  const guarded = [['POST', '/users/logout/'], ['GET', '/content/'], ['POST', '/content/add-favorite/'], ['GET', '/content/video-url/<id>/']];
  return [
    ['POST', '/users/register/', 201, 'Please check your email to confirm your account.'],
    ...['This field is required.', 'Enter a valid email address.', 'User with this email already exists.', 'Passwords must match.', 'JSON parse error - '].map((text) => ['POST', '/users/register/', 400, text]),
    ['POST', '/users/register/', 415, 'Unsupported media type'],
    ['GET', '/users/confirm/', 302, ''], ...['Missing uid or token.', 'Invalid or expired token.', 'Token does not match user.', 'Invalid user ID.'].map((text) => ['GET', '/users/confirm/', 400, text]),
    ['POST', '/users/login/', 200, 'favorite_videos'], ['POST', '/users/login/', 400, 'Invalid credentials or inactive user.'], ['POST', '/users/login/', 400, 'This field is required.'],
    ['GET', '/users/login/', 405, 'not allowed'],
    ['POST', '/users/logout/', 200, 'Successfully logged out.'], ['POST', '/users/logout/', 403, 'CSRF Failed'],
    ['POST', '/users/forgot-password/', 200, 'If this email exists, a reset link has been sent.'], ['POST', '/users/forgot-password/', 400, 'Email is required.'],
    ['POST', '/users/reset-password/', 200, 'Password has been reset successfully.'],
    ...['All fields are required.', 'Invalid or expired token.', 'Token does not match user.', 'Invalid user.'].map((text) => ['POST', '/users/reset-password/', 400, text]),
    ['GET', '/users/email-exists/', 200, 'exists'], ['GET', '/users/email-exists/', 400, 'Enter a valid email address.'], ['GET', '/users/email-exists/', 400, 'This field is required.'],
    ['POST', '/users/refresh/', 200, 'Access token refreshed.'], ['POST', '/users/refresh/', 401, 'Missing refresh cookie.'], ['POST', '/users/refresh/', 401, 'Invalid refresh token.'],
    ['GET', '/content/', 200, 'converted_files'], ['POST', '/content/', 405, 'not allowed'], ['POST', '/content/', 401, absent],
    ['POST', '/content/add-favorite/', 200, '['], ['POST', '/content/add-favorite/', 400, 'Video ID is required.'], ['POST', '/content/add-favorite/', 404, 'Video not found'],
    ['GET', '/content/video-url/<id>/', 200, 'url'], ...['Video not found', 'Video file missing', 'Requested quality not available'].map((text) => ['GET', '/content/video-url/<id>/', 404, text]),
    ...guarded.map(([method, path]) => [method, path, 401, absent]), ...guarded.map(([method, path]) => [method, path, 401, 'token_not_valid']),
    ['GET', '/health/', 200, '"database":"ok"'], ['GET', '/health/', 503, '"status":"error"'], ['GET', '/healthz', 200, ''],
    ['GET', '/health', 301, ''], ['GET', '/healthz/', 404, ''], ['GET', '/content/video-url/<id>', 301, ''], ['GET', '/users/nothing/', 404, 'error'],
    ['OPTIONS', '/users/login/', 204, ''], ['POST', '/users/login/', 429, 'Request was throttled. Expected available in'],
  ];
}

function streamify() {
  const rows = [
    ['GET', '/movies', 200, 'pages'], ['GET', '/movies', 400, 'error'], ['GET', '/movies/<id>', 200, 'similar_movies'], ['GET', '/movies/<id>', 404, 'Movie not found'],
    ['GET', '/search', 200, 'query'], ['GET', '/movies/search', 200, 'query'], ['GET', '/movies/popular', 200, 'count'],
    ['GET', '/movies/<id>/recommendations', 200, 'results'], ['GET', '/movies/<id>/recommendations', 404, 'Movie not found'],
    ['GET', '/movies/<id>/credits', 200, 'cast'], ['GET', '/movies/<id>/credits', 404, 'Movie not found'],
    ['POST', '/login', 200, 'access_token'], ['POST', '/login', 401, 'Invalid credentials'], ['POST', '/login', 400, 'error'], ['GET', '/login', 405, 'error'],
    ['POST', '/register', 201, 'User registered successfully.'], ['POST', '/register', 400, 'Email already exists'], ['POST', '/register', 400, 'Username already exists'],
    ['GET', '/profile', 200, 'join_date'], ['GET', '/watchlist', 200, 'watchlist'],
    ['POST', '/watchlist/<id>', 200, 'Added to watchlist'], ['POST', '/watchlist/<id>', 404, 'Movie not found'], ['DELETE', '/watchlist/<id>', 200, 'Removed from watchlist'],
    ['GET', '/recommendations', 200, 'recommendations'], ['GET', '/movies/', 404, ''], ['OPTIONS', '/watchlist/<id>', 204, ''],
    ...[['GET', '/profile'], ['GET', '/watchlist'], ['POST', '/watchlist/<id>'], ['DELETE', '/watchlist/<id>'], ['GET', '/recommendations']].flatMap(([method, path]) =>
      ['is missing', 'is invalid'].map((text) => [method, path, 401, text])),
  ];
  return ['', '/api'].flatMap((family) => rows.map(([method, path, ...rest]) => [method, family + path, ...rest]));
}

/** {dialect: [[method, path, status, text], ...]} */
export const documented = { veeplay: veeplay(), videoapp: videoapp(), videoflix_hls: videoflix_hls(), videoflix_s3: videoflix_s3(), streamify: streamify() };
